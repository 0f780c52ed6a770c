-- What went through the phone, for its owner and for a grantee who may rotate.
-- One BandwidthTotal, of zeros without traffic; none where they see nothing.
-- Indexes: devices_pkey, bandwidth_logs_device_id_interval_start_idx.
-- scope: tenant
SELECT
    coalesce(sum(b.bytes_in), 0)::bigint AS bytes_in,
    coalesce(sum(b.bytes_out), 0)::bigint AS bytes_out
FROM devices AS d
LEFT JOIN bandwidth_logs AS b ON b.device_id = d.id AND b.interval_start >= :since AND b.interval_start < :until
WHERE
    d.id = :device_id
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
GROUP BY d.id;
