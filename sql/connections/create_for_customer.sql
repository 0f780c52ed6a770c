-- The new connection, its customer the device's owner, by them or a grantee who may manage ports. A row of Connection.
-- Indexes: devices_pkey, device_shares_device_id_shared_with_key. The share stays locked until the change is committed.
-- scope: tenant
WITH share AS (
    SELECT s.can_download_configs
    FROM device_shares AS s
    WHERE s.device_id = :device_id AND s.shared_with = :customer_id AND s.can_manage_ports AND NOT s.suspended
    FOR SHARE
),

device AS (
    SELECT
        d.id,
        d.customer_id,
        d.customer_id = :customer_id OR (SELECT s.can_download_configs FROM share AS s) AS shows_passwords
    FROM devices AS d
    WHERE d.id = :device_id AND (d.customer_id = :customer_id OR EXISTS (SELECT FROM share))
    FOR KEY SHARE
)

INSERT INTO proxy_connections AS c (
    device_id, customer_id, username, password_hash, password_plain, ip_whitelist, bandwidth_limit, expires_at,
    proxy_type
)
SELECT
    d.id,
    d.customer_id,
    :username,
    :password_hash,
    :password_plain,
    coalesce(:ip_whitelist::text[], '{}'),
    :bandwidth_limit,
    :expires_at,
    :proxy_type
FROM device AS d
RETURNING
    c.id,
    c.device_id,
    c.customer_id,
    c.username,
    CASE WHEN (SELECT d.shows_passwords FROM device AS d) THEN :password_hash END AS password_hash,
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
    CASE WHEN (SELECT d.shows_passwords FROM device AS d) THEN :password_plain END AS password_plain;
