-- The device's connections, newest first: the given ones, and no other. Rows of Connection. Index:
-- proxy_connections_device_id_idx. The function locks the device and deletes what is there when its turn has come; a
-- DELETE here would miss what was committed while it waited.
-- scope: operator
WITH device AS MATERIALIZED (
    SELECT tenantstore_clear_connections(:device_id) AS customer_id
),

created AS (
    INSERT INTO proxy_connections (
        device_id, customer_id, username, password_hash, password_plain, ip_whitelist, bandwidth_limit, active,
        expires_at, base_port, http_port, socks5_port, proxy_type
    )
    SELECT
        :device_id, d.customer_id, n.username, n.password_hash, n.password_plain, coalesce(n.ip_whitelist, '{}'),
        n.bandwidth_limit, n.active, n.expires_at, n.base_port, n.http_port, n.socks5_port, n.proxy_type
    FROM device AS d
    CROSS JOIN jsonb_to_recordset(:connections) AS n (
        username text, password_hash text, password_plain text, ip_whitelist text[], bandwidth_limit bigint,
        active boolean, expires_at timestamptz, base_port integer, http_port integer, socks5_port integer,
        proxy_type text
    )
    RETURNING
        id, device_id, customer_id, username, password_hash, ip_whitelist, bandwidth_limit, bandwidth_used, active,
        expires_at, created_at, updated_at, base_port, http_port, socks5_port, proxy_type, password_plain
)

SELECT
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
    c.password_plain
FROM created AS c
WHERE (SELECT count(*) FROM device) = 1  -- so that it is cleared also for an empty set
ORDER BY c.created_at DESC, c.id DESC;
