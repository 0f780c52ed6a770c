-- Note what went through a phone in an interval. One BandwidthLog.
-- scope: operator
INSERT INTO bandwidth_logs AS b (device_id, connection_id, bytes_in, bytes_out, interval_start, interval_end)
VALUES (:device_id, :connection_id, :bytes_in, :bytes_out, :interval_start, :interval_end)
RETURNING
    b.id,
    b.device_id,
    b.connection_id,
    b.bytes_in,
    b.bytes_out,
    b.interval_start,
    b.interval_end;
