-- The device with its new name and description, by its owner or a grantee who may rename it. A row of Device. Indexes:
-- devices_pkey, device_shares_device_id_shared_with_key. The share stays locked until the change is committed, so that
-- a revocation waits, or came first and is seen.
-- scope: tenant
WITH share AS (
    SELECT s.device_id
    FROM device_shares AS s
    WHERE s.device_id = :device_id AND s.shared_with = :customer_id AND s.can_rename AND NOT s.suspended
    FOR SHARE
)

UPDATE devices AS d
SET name = :name, description = :description, updated_at = now()
WHERE d.id = :device_id AND (d.customer_id = :customer_id OR EXISTS (SELECT FROM share))
RETURNING
    d.id,
    d.name,
    d.android_id,
    d.status,
    coalesce(host(d.cellular_ip), '') AS cellular_ip,
    coalesce(host(d.wifi_ip), '') AS wifi_ip,
    coalesce(host(d.vpn_ip), '') AS vpn_ip,
    d.carrier,
    d.network_type,
    d.battery_level,
    d.battery_charging,
    d.signal_strength,
    d.base_port,
    d.http_port,
    d.socks5_port,
    d.udp_relay_port,
    d.ovpn_port,
    d.last_heartbeat,
    d.app_version,
    d.device_model,
    d.android_version,
    d.description,
    d.relay_server_id,
    coalesce((SELECT r.ip FROM relay_servers AS r WHERE r.id = d.relay_server_id), '') AS relay_server_ip,
    d.auto_rotate_minutes,
    d.customer_id,
    d.created_at,
    d.updated_at;
