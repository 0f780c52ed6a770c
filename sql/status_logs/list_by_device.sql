-- The phone's changes of status, newest first. Rows of StatusLog. Index: device_status_logs_device_id_changed_at_idx.
-- scope: operator
SELECT
    l.id,
    l.device_id,
    l.status,
    l.previous_status,
    l.changed_at,
    l.created_at
FROM device_status_logs AS l
WHERE l.device_id = :device_id
ORDER BY l.changed_at DESC, l.id DESC
LIMIT :limit;
