-- Shares and connections name their device's owner, and the database holds new ones to it. Old ones are put right by 018, in small
-- steps: here no row is looked at, so that the tables are locked for a moment only.

ALTER TABLE device_shares ADD CONSTRAINT device_shares_shared_with_check CHECK (owner_id <> shared_with) NOT VALID;

-- No share outlives a change of owner: who changes it deletes the shares in the same statement, or is refused.
-- lint: several-tables a foreign key concerns two tables; nothing is read, and the lock timeout bounds the wait
ALTER TABLE device_shares
    ADD CONSTRAINT device_shares_device_id_owner_id_fkey
    FOREIGN KEY (device_id, owner_id) REFERENCES devices (id, customer_id) ON DELETE CASCADE NOT VALID;

-- Stays unvalidated. A connection that had a customer before 012 kept it, and need not be its device's; such rows stay as they
-- are until somebody sets them, new ones cannot be made. A connection of a device that nobody owns has no customer.
ALTER TABLE proxy_connections
    ADD CONSTRAINT proxy_connections_device_id_customer_id_fkey
    FOREIGN KEY (device_id, customer_id) REFERENCES devices (id, customer_id) ON UPDATE CASCADE ON DELETE CASCADE NOT VALID;
