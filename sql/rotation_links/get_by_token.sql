-- The link that somebody followed. One RotationLink or none. Index: rotation_links_token_key.
-- scope: operator
SELECT
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at
FROM rotation_links AS l
WHERE l.token = :token;
