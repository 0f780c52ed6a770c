-- The phone's links, newest first. Rows of RotationLink. Index: rotation_links_device_id_idx.
-- scope: operator
SELECT
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at
FROM rotation_links AS l
WHERE l.device_id = :device_id
ORDER BY l.created_at DESC, l.id DESC;
