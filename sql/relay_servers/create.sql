-- A new relay server, active at once. One RelayServer.
-- scope: operator
INSERT INTO relay_servers AS r (name, ip, location)
VALUES (:name, :ip, :location)
RETURNING
    r.id,
    r.name,
    r.ip,
    r.location,
    r.active,
    r.created_at,
    r.updated_at;
