-- What a swap of all connections of a device begins with: its turn, then an empty device.
--
-- A single statement sees what was committed before it began. One that waits for another swap of the same device would not see,
-- and so not delete, what that one put there. Here the lock and the deletion are two statements, the second with a newer snapshot.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

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

REVOKE EXECUTE ON FUNCTION tenantstore_clear_connections(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenantstore_clear_connections(uuid) TO tenantstore_operator;
