-- The shares of one device, oldest first: all of them for its owner, their own for a grantee. Rows of DeviceShare.
-- Index: device_shares_device_id_shared_with_key.
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
WHERE
    s.device_id = :device_id
    AND (s.owner_id = :customer_id OR (s.shared_with = :customer_id AND NOT s.suspended))
ORDER BY s.created_at, s.id;
