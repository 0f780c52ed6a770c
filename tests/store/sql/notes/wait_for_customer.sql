-- The number of seconds waited.
-- scope: tenant
SELECT :seconds::double precision + 0 * length(pg_sleep(:seconds)::text || :customer_id) AS waited;
