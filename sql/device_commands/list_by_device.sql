-- The phone's commands, newest first. Rows of DeviceCommand. Index: device_commands_device_id_created_at_idx.
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
WHERE c.device_id = :device_id
ORDER BY c.created_at DESC, c.id DESC
LIMIT :limit;
