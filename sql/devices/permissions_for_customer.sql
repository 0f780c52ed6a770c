-- What the customer may do with the device; all of it, for its owner. A row of Permissions. Indexes: devices_pkey,
-- device_shares_device_id_shared_with_key.
-- scope: tenant
SELECT
    coalesce(d.customer_id = :customer_id OR s.can_rename, false) AS can_rename,
    coalesce(d.customer_id = :customer_id OR s.can_manage_ports, false) AS can_manage_ports,
    coalesce(d.customer_id = :customer_id OR s.can_download_configs, false) AS can_download_configs,
    coalesce(d.customer_id = :customer_id OR s.can_rotate_ip, false) AS can_rotate_ip
FROM devices AS d
LEFT JOIN device_shares AS s ON s.device_id = d.id AND s.shared_with = :customer_id AND NOT s.suspended
WHERE d.id = :device_id AND (d.customer_id = :customer_id OR s.id IS NOT NULL);
