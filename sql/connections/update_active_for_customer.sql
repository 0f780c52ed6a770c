-- The connection, switched by the owner or a grantee who may manage ports. A row of Connection. Indexes:
-- proxy_connections_pkey, devices_pkey, device_shares_device_id_shared_with_key. The share stays locked until the
-- change is committed.
-- scope: tenant
WITH share AS (
    SELECT s.can_download_configs
    FROM proxy_connections AS c
    INNER JOIN device_shares AS s ON s.device_id = c.device_id
    WHERE c.id = :connection_id AND s.shared_with = :customer_id AND s.can_manage_ports AND NOT s.suspended
    FOR SHARE OF s
),

device AS (
    SELECT
        d.id,
        d.customer_id = :customer_id OR (SELECT s.can_download_configs FROM share AS s) AS shows_passwords
    FROM proxy_connections AS c
    INNER JOIN devices AS d ON d.id = c.device_id
    WHERE c.id = :connection_id AND (d.customer_id = :customer_id OR EXISTS (SELECT FROM share))
    FOR KEY SHARE OF d
)

UPDATE proxy_connections AS c
SET active = :active, updated_at = now()
FROM device AS d
LEFT JOIN connection_passwords AS p ON p.connection_id = :connection_id AND d.shows_passwords
WHERE c.id = :connection_id AND c.device_id = d.id
RETURNING
    c.id,
    c.device_id,
    c.customer_id,
    c.username,
    p.password_hash,
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
    p.password_plain;
