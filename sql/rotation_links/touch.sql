-- Note that the link was followed just now. One RotationLink. Index: rotation_links_pkey.
-- scope: operator
UPDATE rotation_links AS l
SET last_used_at = now()
WHERE l.id = :link_id
RETURNING
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at;
