-- When the last alert of one device went out; null for never. One value. Index: devices_pkey.
-- scope: operator
SELECT d.last_offline_alert_at
FROM devices AS d
WHERE d.id = :device_id;
