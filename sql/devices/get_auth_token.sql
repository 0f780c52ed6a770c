-- One device's token; null without one. One value. Index: devices_pkey.
-- scope: operator
SELECT d.auth_token
FROM devices AS d
WHERE d.id = :device_id;
