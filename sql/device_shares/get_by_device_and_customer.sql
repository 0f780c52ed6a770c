-- The share by which the customer has the device. A row of DeviceShare. Index: device_shares_device_id_shared_with_key.
-- scope: tenant
SELECT
    s.id,
    s.device_id,
    s.owner_id,
    s.shared_with,
    s.can_rename,
    s.can_manage_ports,
    s.can_download_configs,
    s.can_rotate_ip,
    s.created_at,
    s.updated_at
FROM device_shares AS s
WHERE s.device_id = :device_id AND s.shared_with = :customer_id AND NOT s.suspended;
