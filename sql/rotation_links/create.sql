-- A new link to a phone. One RotationLink.
-- scope: operator
INSERT INTO rotation_links AS l (device_id, token, name)
VALUES (:device_id, :token, :name)
RETURNING
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at;
