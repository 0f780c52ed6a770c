-- The share that is revoked. A row of DeviceShare. Index: device_shares_pkey.
-- scope: operator
DELETE FROM device_shares AS s
WHERE s.id = :share_id
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
