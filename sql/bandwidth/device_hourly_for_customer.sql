-- What went through the phone by UTC hour, oldest first, for its owner and for a grantee who may rotate.
-- Rows of BandwidthHour. Indexes: devices_pkey, bandwidth_logs_device_id_interval_start_idx.
-- scope: tenant
SELECT
    date_trunc('hour', b.interval_start, 'UTC') AS hour_at,
    sum(b.bytes_in)::bigint AS bytes_in,
    sum(b.bytes_out)::bigint AS bytes_out
FROM bandwidth_logs AS b
INNER JOIN devices AS d ON d.id = b.device_id
WHERE
    b.device_id = :device_id
    AND b.interval_start >= :since
    AND b.interval_start < :until
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
GROUP BY hour_at
ORDER BY hour_at;
