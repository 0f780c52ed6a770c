-- Many devices, online now, with what their phones report. How many there were. Locked by id, so that two calls that
-- name the same devices never wait for each other in a circle. Index: devices_pkey.
-- scope: operator
WITH reported AS (
    SELECT
        d.id,
        r.cellular_ip,
        r.wifi_ip,
        r.carrier,
        r.network_type,
        r.battery_level,
        r.battery_charging,
        r.signal_strength
    FROM unnest(
        :device_ids::uuid[], :cellular_ips::inet[], :wifi_ips::inet[], :carriers::text[], :network_types::text[],
        :battery_levels::integer[], :battery_chargings::boolean[], :signal_strengths::integer[]
    ) AS r (
        device_id, cellular_ip, wifi_ip, carrier, network_type, battery_level, battery_charging, signal_strength
    )
    INNER JOIN devices AS d ON d.id = r.device_id
    ORDER BY d.id
    FOR NO KEY UPDATE OF d
)

UPDATE devices AS d
SET
    status = 'online',
    cellular_ip = r.cellular_ip,
    wifi_ip = r.wifi_ip,
    carrier = r.carrier,
    network_type = r.network_type,
    battery_level = r.battery_level,
    battery_charging = r.battery_charging,
    signal_strength = r.signal_strength,
    last_heartbeat = now(),
    updated_at = now()
FROM reported AS r
WHERE d.id = r.id;
