-- The device of that Android id: a new one, or the one that is there with what its phone says of itself. A row of
-- Device. Index: devices_android_id_key.
-- scope: operator
INSERT INTO devices AS d (
    android_id, name, device_model, android_version, app_version,
    base_port, http_port, socks5_port, udp_relay_port, ovpn_port
)
VALUES (
    :android_id, :name, :device_model, :android_version, :app_version,
    :base_port, :base_port::integer, :base_port::integer + 1, :base_port::integer + 2, :base_port::integer + 3
)
ON CONFLICT (android_id) DO UPDATE
SET
    device_model = EXCLUDED.device_model,
    android_version = EXCLUDED.android_version,
    app_version = EXCLUDED.app_version,
    updated_at = now()
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
