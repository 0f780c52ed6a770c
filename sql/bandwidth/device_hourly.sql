-- What went through the phone, by the UTC hour in which the interval starts, oldest first; no row for an hour without.
-- Rows of BandwidthHour. Index: bandwidth_logs_device_id_interval_start_idx.
-- scope: operator
SELECT
    date_trunc('hour', b.interval_start, 'UTC') AS hour_at,
    sum(b.bytes_in)::bigint AS bytes_in,
    sum(b.bytes_out)::bigint AS bytes_out
FROM bandwidth_logs AS b
WHERE
    b.device_id = :device_id
    AND b.interval_start >= :since
    AND b.interval_start < :until
GROUP BY hour_at
ORDER BY hour_at;
