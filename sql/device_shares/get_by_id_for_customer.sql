-- One share that the customer has given or received. A row of DeviceShare. Index: device_shares_pkey.
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
    s.id = :share_id
    AND (s.owner_id = :customer_id OR (s.shared_with = :customer_id AND NOT s.suspended));
