-- What the customer owns and what is shared with them, by name, then id, after a name and an id. Rows of Device. What is
-- owned is read in order and up to the limit; what is shared is looked up share by share and then sorted: OFFSET 0 keeps
-- the order from the planner, which does not know the limit and would walk through the whole fleet in that order.
-- Indexes: devices_customer_id_name_id_idx, device_shares_shared_with_idx, devices_pkey.
-- scope: tenant
WITH shared AS (
    SELECT
        d.id, d.name, d.android_id, d.status, d.cellular_ip, d.wifi_ip, d.vpn_ip, d.carrier, d.network_type,
        d.battery_level, d.battery_charging, d.signal_strength, d.base_port, d.http_port, d.socks5_port,
        d.udp_relay_port, d.ovpn_port, d.last_heartbeat, d.app_version, d.device_model, d.android_version,
        d.description, d.relay_server_id, d.auto_rotate_minutes, d.customer_id, d.created_at, d.updated_at
    FROM devices AS d
    WHERE
        d.id = ANY (
            ARRAY (SELECT s.device_id FROM device_shares AS s WHERE s.shared_with = :customer_id AND NOT s.suspended)
        )
        AND (d.name, d.id) > (:after_name, :after_id)
    OFFSET 0
),

page AS (
    (
        SELECT
            d.id, d.name, d.android_id, d.status, d.cellular_ip, d.wifi_ip, d.vpn_ip, d.carrier, d.network_type,
            d.battery_level, d.battery_charging, d.signal_strength, d.base_port, d.http_port, d.socks5_port,
            d.udp_relay_port, d.ovpn_port, d.last_heartbeat, d.app_version, d.device_model, d.android_version,
            d.description, d.relay_server_id, d.auto_rotate_minutes, d.customer_id, d.created_at, d.updated_at
        FROM devices AS d
        WHERE d.customer_id = :customer_id AND (d.name, d.id) > (:after_name, :after_id)
        ORDER BY d.name, d.id
        LIMIT :limit
    )
    UNION ALL
    (
        SELECT
            d.id, d.name, d.android_id, d.status, d.cellular_ip, d.wifi_ip, d.vpn_ip, d.carrier, d.network_type,
            d.battery_level, d.battery_charging, d.signal_strength, d.base_port, d.http_port, d.socks5_port,
            d.udp_relay_port, d.ovpn_port, d.last_heartbeat, d.app_version, d.device_model, d.android_version,
            d.description, d.relay_server_id, d.auto_rotate_minutes, d.customer_id, d.created_at, d.updated_at
        FROM shared AS d
        ORDER BY d.name, d.id
        LIMIT :limit
    )
)

SELECT
    d.id, d.name, d.android_id, d.status,
    coalesce(host(d.cellular_ip), '') AS cellular_ip,
    coalesce(host(d.wifi_ip), '') AS wifi_ip,
    coalesce(host(d.vpn_ip), '') AS vpn_ip,
    d.carrier, d.network_type, d.battery_level, d.battery_charging, d.signal_strength, d.base_port, d.http_port,
    d.socks5_port, d.udp_relay_port, d.ovpn_port, d.last_heartbeat, d.app_version, d.device_model, d.android_version,
    d.description, d.relay_server_id,
    coalesce(r.ip, '') AS relay_server_ip,
    d.auto_rotate_minutes, d.customer_id, d.created_at, d.updated_at
FROM page AS d
LEFT JOIN relay_servers AS r ON r.id = d.relay_server_id
ORDER BY d.name, d.id
LIMIT :limit;
