-- The new connection, its customer the device's owner. A row of Connection. Index: devices_pkey.
-- scope: operator
WITH device AS (
    SELECT
        d.id,
        d.customer_id
    FROM devices AS d
    WHERE d.id = :device_id
    FOR KEY SHARE
)

INSERT INTO proxy_connections AS c (
    device_id, customer_id, username, password_hash, password_plain, ip_whitelist, bandwidth_limit, active, expires_at,
    base_port, http_port, socks5_port, proxy_type
)
SELECT
    d.id,
    d.customer_id,
    :username,
    :password_hash,
    :password_plain,
    coalesce(:ip_whitelist::text[], '{}'),
    :bandwidth_limit,
    :active,
    :expires_at,
    :base_port,
    :http_port,
    :socks5_port,
    :proxy_type
FROM device AS d
RETURNING
    c.id,
    c.device_id,
    c.customer_id,
    c.username,
    c.password_hash,
    c.ip_whitelist,
    c.bandwidth_limit,
    c.bandwidth_used,
    c.active,
    c.expires_at,
    c.created_at,
    c.updated_at,
    c.base_port,
    c.http_port,
    c.socks5_port,
    c.proxy_type,
    c.password_plain;
