-- Whether any change of the phone's status is noted. One boolean. Index: device_status_logs_device_id_changed_at_idx.
-- scope: operator
SELECT EXISTS (SELECT FROM device_status_logs AS l WHERE l.device_id = :device_id) AS has_logs;
