-- The phone's commands, newest first, for its owner and for a grantee who may rotate.
-- Rows of DeviceCommand. Index: device_commands_device_id_created_at_idx.
-- scope: tenant
SELECT
    c.id,
    c.device_id,
    c.type,
    c.status,
    c.payload,
    c.result,
    c.created_at,
    c.executed_at
FROM device_commands AS c
INNER JOIN devices AS d ON d.id = c.device_id
WHERE
    c.device_id = :device_id
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
ORDER BY c.created_at DESC, c.id DESC
LIMIT :limit;
