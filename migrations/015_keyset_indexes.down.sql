-- no-transaction
-- Loses no data.

CREATE INDEX CONCURRENTLY proxy_connections_customer_id_idx ON proxy_connections (customer_id);
CREATE INDEX CONCURRENTLY devices_customer_id_idx ON devices (customer_id);

DROP INDEX CONCURRENTLY pairing_codes_reassign_device_id_idx;
DROP INDEX CONCURRENTLY pairing_codes_claimed_by_device_id_idx;
DROP INDEX CONCURRENTLY customers_lower_idx;
DROP INDEX CONCURRENTLY proxy_connections_customer_id_created_at_id_idx;
DROP INDEX CONCURRENTLY devices_name_id_idx;
DROP INDEX CONCURRENTLY devices_customer_id_name_id_idx;
