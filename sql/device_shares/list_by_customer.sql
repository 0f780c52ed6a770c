-- The shares that the customer has given and received, oldest first. Rows of DeviceShare. Indexes:
-- device_shares_owner_id_idx, device_shares_shared_with_idx.
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
WHERE s.owner_id = :customer_id OR (s.shared_with = :customer_id AND NOT s.suspended)
ORDER BY s.created_at, s.id;
