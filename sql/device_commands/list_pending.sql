-- What the phone has not been sent yet, oldest first. Rows of DeviceCommand. Index: device_commands_pending_idx.
-- scope: operator
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
WHERE
    c.device_id = :device_id
    AND c.status = 'pending'
ORDER BY c.created_at, c.id;
