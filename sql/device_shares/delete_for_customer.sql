-- The share that the customer had given and revokes. A row of DeviceShare. Index: device_shares_pkey.
-- scope: tenant
DELETE FROM device_shares AS s
WHERE s.id = :share_id AND s.owner_id = :customer_id
RETURNING
    s.id,
    s.device_id,
    s.owner_id,
    s.shared_with,
    s.can_rename,
    s.can_manage_ports,
    s.can_download_configs,
    s.can_rotate_ip,
    s.created_at,
    s.updated_at;
