-- no-transaction
-- Loses nothing.
DROP INDEX CONCURRENTLY devices_id_customer_id_key;
