-- One RelayServer or none. Index: relay_servers_pkey.
-- scope: operator
SELECT
    r.id,
    r.name,
    r.ip,
    r.location,
    r.active,
    r.created_at,
    r.updated_at
FROM relay_servers AS r
WHERE r.id = :relay_server_id;
