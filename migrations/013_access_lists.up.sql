-- Access lists: a device row says who may see, rename and rotate it, a share whether it counts. The policies of 014 read these.
--
-- A policy that looks a share up while its statement waits for the device's row lock decides by the share as it was: a
-- revocation that commits meanwhile is not seen. What stands in the device row itself is read again after the wait.
--
-- Lock order, here and in every statement: customers, device_shares, devices, what hangs on a device.
-- Rows older than this migration are filled in by 018, in small steps, so that no table is locked meanwhile.

-- The functions keep this path: the tables they mean are those beside them, whatever the caller's path says.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

ALTER TABLE devices
    ADD COLUMN viewers uuid[],
    ADD COLUMN renamers uuid[],
    ADD COLUMN rotators uuid[];

COMMENT ON COLUMN devices.viewers IS 'Customers whose share counts, in order; null for none. Kept by a trigger on device_shares.';
COMMENT ON COLUMN devices.renamers IS 'The viewers who may rename; null for none. Kept by a trigger on device_shares.';
COMMENT ON COLUMN devices.rotators IS 'The viewers who may rotate; null for none. Kept by a trigger on device_shares.';

-- lint: several-tables the triggers below must be there when the columns are; nothing here takes longer than an entry
ALTER TABLE device_shares ADD COLUMN suspended boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN device_shares.suspended IS 'Owner or grantee is suspended: the share does not count. Kept by triggers.';

CREATE SEQUENCE devices_base_port_seq AS integer INCREMENT BY 4 START WITH 30000;

-- The first port above all in use that is a multiple of 4 away from 30000.
SELECT setval('devices_base_port_seq', 30000 + ((p.highest - 30000) / 4 + 1) * 4, false)
FROM (
    SELECT
        greatest(
            (SELECT max(d.base_port) FROM devices AS d),
            (SELECT max(c.base_port) FROM proxy_connections AS c)
        ) AS highest
) AS p
WHERE p.highest >= 30000;

-- Two who ask at once get two ports, and a port that somebody chose by hand, with the three above it, is passed over.
CREATE FUNCTION tenantstore_next_base_port() RETURNS integer
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    port integer;
BEGIN
    LOOP
        port := nextval('devices_base_port_seq');
        EXIT WHEN
            NOT EXISTS (SELECT FROM devices AS d WHERE d.base_port BETWEEN port - 3 AND port + 3)
            AND NOT EXISTS (SELECT FROM proxy_connections AS c WHERE c.base_port BETWEEN port - 3 AND port + 3);
    END LOOP;
    RETURN port;
END
$$;

-- SECURITY DEFINER, from 014 on as tenantstore_operator: who writes a share may read neither the other customer nor the lists.
--
-- Each locks first and reads in a second statement, whose snapshot is newer than the wait. A transaction with one snapshot
-- for all its statements would still see what was true before the wait, so it is refused.

CREATE FUNCTION tenantstore_refresh_access_lists(changed_device uuid) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION 'shares change under READ COMMITTED only' USING ERRCODE = 'invalid_transaction_state';
    END IF;

    PERFORM FROM devices AS d WHERE d.id = changed_device FOR NO KEY UPDATE;

    UPDATE devices AS d
    SET viewers = l.viewers, renamers = l.renamers, rotators = l.rotators
    FROM (
        SELECT
            array_agg(s.shared_with ORDER BY s.shared_with) AS viewers,
            array_agg(s.shared_with ORDER BY s.shared_with) FILTER (WHERE s.can_rename) AS renamers,
            array_agg(s.shared_with ORDER BY s.shared_with) FILTER (WHERE s.can_rotate_ip) AS rotators
        FROM device_shares AS s
        WHERE s.device_id = changed_device AND NOT s.suspended
    ) AS l
    WHERE
        d.id = changed_device
        AND (d.viewers, d.renamers, d.rotators) IS DISTINCT FROM (l.viewers, l.renamers, l.rotators);
END
$$;

CREATE FUNCTION tenantstore_share_changed() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    changed_device uuid;
BEGIN
    FOR changed_device IN
        SELECT DISTINCT c.id FROM unnest(ARRAY[OLD.device_id, NEW.device_id]) AS c (id) WHERE c.id IS NOT NULL ORDER BY c.id
    LOOP
        PERFORM tenantstore_refresh_access_lists(changed_device);
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER device_shares_access_lists
    AFTER INSERT OR UPDATE OR DELETE ON device_shares
    FOR EACH ROW EXECUTE FUNCTION tenantstore_share_changed();

-- The customers stay locked until the share is committed: a suspension that runs now waits, and then finds the share.
CREATE FUNCTION tenantstore_share_suspended() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    SELECT count(*) FILTER (WHERE c.active) < 2
    INTO NEW.suspended
    FROM (
        SELECT p.active FROM customers AS p WHERE p.id IN (NEW.owner_id, NEW.shared_with) ORDER BY p.id FOR SHARE
    ) AS c;
    RETURN NEW;
END
$$;

CREATE TRIGGER device_shares_suspended
    BEFORE INSERT OR UPDATE OF owner_id, shared_with ON device_shares
    FOR EACH ROW EXECUTE FUNCTION tenantstore_share_suspended();

-- All rows are locked, in one order, before the first is changed, so that two suspensions that meet do not deadlock; and the
-- shares before the other customer is read, so that of two suspensions the later one sees the earlier.
CREATE FUNCTION tenantstore_refresh_suspended(changed_customer uuid) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION 'customers are suspended under READ COMMITTED only' USING ERRCODE = 'invalid_transaction_state';
    END IF;

    PERFORM FROM device_shares AS s
    WHERE s.owner_id = changed_customer OR s.shared_with = changed_customer
    ORDER BY s.device_id, s.id
    FOR NO KEY UPDATE;

    PERFORM FROM devices AS d
    WHERE d.id IN (
        SELECT s.device_id FROM device_shares AS s WHERE s.owner_id = changed_customer OR s.shared_with = changed_customer
    )
    ORDER BY d.id
    FOR NO KEY UPDATE;

    UPDATE device_shares AS s
    SET suspended = NOT (owner.active AND grantee.active)
    FROM customers AS owner, customers AS grantee
    WHERE
        (s.owner_id = changed_customer OR s.shared_with = changed_customer)
        AND owner.id = s.owner_id
        AND grantee.id = s.shared_with
        AND s.suspended = (owner.active AND grantee.active);
END
$$;

CREATE FUNCTION tenantstore_customer_suspended() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM tenantstore_refresh_suspended(NEW.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER customers_suspended
    AFTER UPDATE OF active ON customers
    FOR EACH ROW
    WHEN (OLD.active IS DISTINCT FROM NEW.active)
    EXECUTE FUNCTION tenantstore_customer_suspended();

REVOKE EXECUTE ON FUNCTION
    tenantstore_next_base_port(),
    tenantstore_refresh_access_lists(uuid),
    tenantstore_share_changed(),
    tenantstore_share_suspended(),
    tenantstore_refresh_suspended(uuid),
    tenantstore_customer_suspended()
FROM PUBLIC;
