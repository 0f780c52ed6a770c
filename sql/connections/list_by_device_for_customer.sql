-- The connections of one device, newest first. Rows of Connection. Index: proxy_connections_device_id_idx. Passwords
-- for the owner and a grantee who may download configurations.
-- scope: tenant
SELECT
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
    p.password_plain
FROM proxy_connections AS c
LEFT JOIN LATERAL (
    SELECT
        w.password_hash,
        w.password_plain
    FROM connection_passwords AS w
    WHERE
        w.connection_id = c.id
        AND (
            EXISTS (SELECT FROM devices AS d WHERE d.id = c.device_id AND d.customer_id = :customer_id)
            OR EXISTS (
                SELECT FROM device_shares AS s
                WHERE
                    s.device_id = c.device_id
                    AND s.shared_with = :customer_id
                    AND s.can_download_configs
                    AND NOT s.suspended
            )
        )
    LIMIT 1  -- keeps this a look-up by key: the view is a barrier, and a join would compute all of it
) AS p ON true
WHERE
    c.device_id = :device_id
    AND (
        c.customer_id = :customer_id
        OR EXISTS (SELECT FROM devices AS d WHERE d.id = c.device_id AND d.customer_id = :customer_id)
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE s.device_id = c.device_id AND s.shared_with = :customer_id AND NOT s.suspended
        )
    )
ORDER BY c.created_at DESC, c.id DESC;
