-- The phone's newest rotate_ip command, whatever became of it: one that waits or has failed was an attempt too.
-- One DeviceCommand or none. Index: device_commands_device_id_created_at_idx.
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
    AND c.type = 'rotate_ip'
ORDER BY c.created_at DESC, c.id DESC
LIMIT 1;
