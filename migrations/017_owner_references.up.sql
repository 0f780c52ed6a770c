-- Shares and connections name their device's owner, and the database holds new ones to it. Old ones are put right by 018, in small
-- steps: here no row is looked at, so that the tables are locked for a moment only.

ALTER TABLE device_shares ADD CONSTRAINT device_shares_shared_with_check CHECK (owner_id <> shared_with) NOT VALID;

-- No share outlives a change of owner: who changes it deletes the shares in the same statement, or is refused.
ALTER TABLE device_shares
    ADD CONSTRAINT device_shares_device_id_owner_id_fkey
    FOREIGN KEY (device_id, owner_id) REFERENCES devices (id, customer_id) ON DELETE CASCADE NOT VALID;

-- Stays unvalidated. A connection that had a customer before 012 kept it, and need not be its device's; such rows stay as they
-- are until somebody sets them, new ones cannot be made. A connection of a device that nobody owns has no customer.
ALTER TABLE proxy_connections
    ADD CONSTRAINT proxy_connections_device_id_customer_id_fkey
    FOREIGN KEY (device_id, customer_id) REFERENCES devices (id, customer_id) ON UPDATE CASCADE ON DELETE CASCADE NOT VALID;

-- The cascade above takes connections from one owner to the next. Those of a device that nobody owned refer to nothing yet.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

CREATE FUNCTION tenantstore_device_owned() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE proxy_connections AS c SET customer_id = NEW.customer_id WHERE c.device_id = NEW.id AND c.customer_id IS NULL;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION tenantstore_device_owned() FROM PUBLIC;

CREATE TRIGGER devices_owned
    AFTER UPDATE OF customer_id ON devices
    FOR EACH ROW
    WHEN (OLD.customer_id IS NULL AND NEW.customer_id IS NOT NULL)
    EXECUTE FUNCTION tenantstore_device_owned();
