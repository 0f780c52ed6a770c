-- A new command, pending until the phone is sent it. One DeviceCommand.
-- scope: operator
INSERT INTO device_commands AS c (device_id, type, payload)
VALUES (:device_id, :type, coalesce(:payload::jsonb, '{}'))
RETURNING
    c.id,
    c.device_id,
    c.type,
    c.status,
    c.payload,
    c.result,
    c.created_at,
    c.executed_at;
