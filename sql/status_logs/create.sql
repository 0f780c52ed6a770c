-- Note that the phone came or went. One StatusLog.
-- scope: operator
INSERT INTO device_status_logs AS l (device_id, status, previous_status, changed_at)
VALUES (:device_id, :status, :previous_status, :changed_at)
RETURNING
    l.id,
    l.device_id,
    l.status,
    l.previous_status,
    l.changed_at,
    l.created_at;
