-- Note how a command fares. It is executed when it first completes or fails, and no longer so when it is queued again.
-- One DeviceCommand; a null result leaves the one that is there. Index: device_commands_pkey.
-- scope: operator
UPDATE device_commands AS c
SET
    status = :status::text,
    result = coalesce(:result::jsonb, c.result),
    executed_at = CASE WHEN :status IN ('completed', 'failed') THEN coalesce(c.executed_at, now()) END
WHERE c.id = :command_id
RETURNING
    c.id,
    c.device_id,
    c.type,
    c.status,
    c.payload,
    c.result,
    c.created_at,
    c.executed_at;
