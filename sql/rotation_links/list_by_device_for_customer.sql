-- The phone's links, newest first, for its owner alone: who holds a link may rotate without any share.
-- Rows of RotationLink. Index: rotation_links_device_id_idx.
-- scope: tenant
SELECT
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at
FROM rotation_links AS l
INNER JOIN devices AS d ON d.id = l.device_id
WHERE
    l.device_id = :device_id
    AND d.customer_id = :customer_id
ORDER BY l.created_at DESC, l.id DESC;
