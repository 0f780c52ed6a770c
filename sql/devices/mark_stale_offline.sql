-- How many devices went offline: those that have not been heard of for the threshold, or were never heard of and not
-- touched for as long. One that reports at this moment is left alone. Index: devices_status_idx.
-- scope: operator
WITH stale AS (
    SELECT d.id
    FROM devices AS d
    WHERE d.status <> 'offline' AND coalesce(d.last_heartbeat, d.updated_at) < now() - :threshold::interval
    ORDER BY d.id
    FOR NO KEY UPDATE SKIP LOCKED
)

UPDATE devices AS d
SET status = 'offline', updated_at = now()
FROM stale AS s
WHERE d.id = s.id;
