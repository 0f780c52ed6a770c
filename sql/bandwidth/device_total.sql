-- What went through the phone in the intervals that start from since to before until.
-- One BandwidthTotal, of zeros without traffic. Index: bandwidth_logs_device_id_interval_start_idx.
-- scope: operator
SELECT
    coalesce(sum(b.bytes_in), 0)::bigint AS bytes_in,
    coalesce(sum(b.bytes_out), 0)::bigint AS bytes_out
FROM bandwidth_logs AS b
WHERE
    b.device_id = :device_id
    AND b.interval_start >= :since
    AND b.interval_start < :until;
