-- Connections follow their device's owner, and a device's whole set of them can be replaced, whatever happens at the same moment.
--
-- A single statement sees what was committed before it began. One that waits for its device, for a connection that is being made
-- or a set that is being replaced, does not see, and so neither moves nor deletes, what that one left. What a function runs after
-- the wait has a newer snapshot.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- The foreign key of 017 moves the connections of one owner to the next. This moves those of a device that nobody owned, and
-- those from before 012 that had another customer. The links of an owner who is none any more go: whoever holds one may rotate.
CREATE FUNCTION tenantstore_owner_changed() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE proxy_connections AS c
    SET customer_id = NEW.customer_id
    WHERE c.device_id = NEW.id AND c.customer_id IS DISTINCT FROM NEW.customer_id;

    IF OLD.customer_id IS NOT NULL THEN
        DELETE FROM rotation_links AS l WHERE l.device_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER devices_owner_changed
    AFTER UPDATE OF customer_id ON devices
    FOR EACH ROW
    WHEN (OLD.customer_id IS DISTINCT FROM NEW.customer_id)
    EXECUTE FUNCTION tenantstore_owner_changed();

CREATE FUNCTION tenantstore_clear_connections(cleared_device uuid) RETURNS uuid
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    owner uuid;
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION 'connections are replaced under READ COMMITTED only' USING ERRCODE = 'invalid_transaction_state';
    END IF;

    SELECT d.customer_id INTO owner FROM devices AS d WHERE d.id = cleared_device FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'device % does not exist', cleared_device USING ERRCODE = 'foreign_key_violation';
    END IF;

    DELETE FROM proxy_connections AS c WHERE c.device_id = cleared_device;
    RETURN owner;
END
$$;

COMMENT ON FUNCTION tenantstore_clear_connections(uuid) IS
    'Locks the device until the end of the transaction, deletes its connections, returns its owner.';

REVOKE EXECUTE ON FUNCTION tenantstore_owner_changed(), tenantstore_clear_connections(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenantstore_clear_connections(uuid) TO tenantstore_operator;
