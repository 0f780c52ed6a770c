-- What went through the fleet in the intervals that start from since to before until, phones that are gone included.
-- One BandwidthTotal, of zeros without traffic. No index: the partitions of that time.
-- scope: operator
SELECT
    coalesce(sum(b.bytes_in), 0)::bigint AS bytes_in,
    coalesce(sum(b.bytes_out), 0)::bigint AS bytes_out
FROM bandwidth_logs AS b
WHERE
    b.interval_start >= :since
    AND b.interval_start < :until;
