-- All connections, newest first. Rows of Connection.
-- scope: operator
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
FROM proxy_connections AS c
ORDER BY c.created_at DESC, c.id DESC;
