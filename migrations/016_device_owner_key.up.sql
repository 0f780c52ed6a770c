-- no-transaction
-- The key that 017 lets shares and connections refer to: a device together with its owner. Built while devices stays in use, and
-- left an index: a foreign key asks for no more, and a constraint would take the exclusive lock that this spares.
CREATE UNIQUE INDEX CONCURRENTLY devices_id_customer_id_key ON devices (id, customer_id);
