-- Take a command for sending. Of two servers that try at once the second waits, sees it sent and finds nothing.
-- One DeviceCommand; none where it is not pending. Index: device_commands_pkey.
-- scope: operator
UPDATE device_commands AS c
SET status = 'sent'
WHERE
    c.id = :command_id
    AND c.status = 'pending'
RETURNING
    c.id,
    c.device_id,
    c.type,
    c.status,
    c.payload,
    c.result,
    c.created_at,
    c.executed_at;
