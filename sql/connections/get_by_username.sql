-- One connection of that username, which is not unique: one that can be used before others, then the oldest, so that a
-- new one never takes over a name that is in use. A row of Connection. Index: proxy_connections_username_idx.
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
WHERE c.username = :username
ORDER BY
    (c.active AND (c.expires_at IS NULL OR c.expires_at > now())) DESC,
    c.created_at,
    c.id
LIMIT 1;
