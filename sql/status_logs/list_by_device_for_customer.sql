-- The phone's changes of status, newest first, for its owner and for a grantee who may rotate.
-- Rows of StatusLog. Index: device_status_logs_device_id_changed_at_idx.
-- scope: tenant
SELECT
    l.id,
    l.device_id,
    l.status,
    l.previous_status,
    l.changed_at,
    l.created_at
FROM device_status_logs AS l
INNER JOIN devices AS d ON d.id = l.device_id
WHERE
    l.device_id = :device_id
    AND (
        d.customer_id = :customer_id
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = d.id
                AND s.shared_with = :customer_id
                AND s.can_rotate_ip
                AND NOT s.suspended
        )
    )
ORDER BY l.changed_at DESC, l.id DESC
LIMIT :limit;
