-- The share with its new permissions, which the customer has given. A row of DeviceShare. Index: device_shares_pkey.
-- scope: tenant
UPDATE device_shares AS s
SET
    can_rename = :can_rename,
    can_manage_ports = :can_manage_ports,
    can_download_configs = :can_download_configs,
    can_rotate_ip = :can_rotate_ip,
    updated_at = now()
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
