-- The phone's addresses, newest first, for its owner and for a grantee who may rotate.
-- Rows of IpHistoryEntry. Index: ip_history_device_id_created_at_idx.
-- scope: tenant
SELECT
    h.id,
    h.device_id,
    host(h.ip) AS ip,
    h.method,
    h.created_at
FROM ip_history AS h
INNER JOIN devices AS d ON d.id = h.device_id
WHERE
    h.device_id = :device_id
    AND (
        d.customer_id = :customer_id
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = d.id
                AND s.shared_with = :customer_id
                AND s.can_rotate_ip
                AND NOT s.suspended
        )
    )
ORDER BY h.created_at DESC, h.id DESC
LIMIT :limit;
