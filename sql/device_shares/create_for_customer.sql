-- The new share of a device that the customer owns. A row of DeviceShare. Index: devices_pkey.
-- scope: tenant
WITH device AS (
    SELECT
        d.id,
        d.customer_id
    FROM devices AS d
    WHERE d.id = :device_id AND d.customer_id = :customer_id
    FOR KEY SHARE
)

INSERT INTO device_shares AS s (
    device_id, owner_id, shared_with, can_rename, can_manage_ports, can_download_configs, can_rotate_ip
)
SELECT
    d.id,
    d.customer_id,
    :shared_with,
    :can_rename,
    :can_manage_ports,
    :can_download_configs,
    :can_rotate_ip
FROM device AS d
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
