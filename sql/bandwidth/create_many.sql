-- Note what went through phones, many intervals at once. How many rows that made. From arrays, which unnest goes through
-- in step, since the server refuses COPY to a role that row-level security holds.
-- scope: operator
INSERT INTO bandwidth_logs (device_id, connection_id, bytes_in, bytes_out, interval_start, interval_end)
SELECT
    unnest(:device_ids::uuid[]),
    unnest(:connection_ids::uuid[]),
    unnest(:bytes_in::bigint[]),
    unnest(:bytes_out::bigint[]),
    unnest(:interval_starts::timestamptz[]),
    unnest(:interval_ends::timestamptz[]);
