-- The device with its new owner, or without one. A row of Device. Indexes: devices_pkey,
-- device_shares_device_id_shared_with_key. The old owner's shares end, and before the device changes: that is the order
-- of locks. Its connections follow, and its links end, by the foreign key of migration 017 and the trigger of 019.
-- scope: operator
WITH revoked AS (
    DELETE FROM device_shares AS s
    WHERE s.device_id = :device_id AND s.owner_id IS DISTINCT FROM :customer_id
    RETURNING s.id
)

UPDATE devices AS d
SET customer_id = :customer_id, updated_at = now()
WHERE d.id = :device_id AND (SELECT count(*) FROM revoked) >= 0
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
