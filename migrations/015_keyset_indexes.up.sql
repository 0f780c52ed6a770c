-- no-transaction
-- Lists that go on after the last row seen, and look-ups that would read a whole table. Each is built while its table stays in use.

CREATE INDEX CONCURRENTLY devices_customer_id_name_id_idx ON devices (customer_id, name, id);
CREATE INDEX CONCURRENTLY devices_name_id_idx ON devices (name, id);
CREATE INDEX CONCURRENTLY proxy_connections_customer_id_created_at_id_idx ON proxy_connections (customer_id, created_at, id);
CREATE INDEX CONCURRENTLY customers_lower_idx ON customers (lower(email));

-- A phone that is deleted is looked for in every code.
CREATE INDEX CONCURRENTLY pairing_codes_claimed_by_device_id_idx ON pairing_codes (claimed_by_device_id);
CREATE INDEX CONCURRENTLY pairing_codes_reassign_device_id_idx ON pairing_codes (reassign_device_id);

-- The new ones begin with the same column. A database that is older than this folder may call the second by another name.
DROP INDEX CONCURRENTLY devices_customer_id_idx;
DROP INDEX CONCURRENTLY IF EXISTS proxy_connections_customer_id_idx;
