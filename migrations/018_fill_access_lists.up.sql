-- no-transaction
-- Fills in what 013 left empty and checks the rows that 017 did not. A thousand rows a transaction: no phone waits long to report.
-- Run again after a failure it does the same and finds less to do.

-- Shares that the owner of the device did not give, or gave to themselves, were never valid, and each would let somebody see a
-- device that nobody shared with them.
DO $$
DECLARE
    batch uuid[];
BEGIN
    FOR batch IN
        SELECT array_agg(n.id ORDER BY n.device_id, n.id)
        FROM (
            SELECT s.device_id, s.id, (row_number() OVER (ORDER BY s.device_id, s.id) - 1) / 1000 AS step
            FROM device_shares AS s
            INNER JOIN devices AS d ON d.id = s.device_id
            WHERE d.customer_id IS DISTINCT FROM s.owner_id OR s.owner_id = s.shared_with
        ) AS n
        GROUP BY n.step
        ORDER BY n.step
    LOOP
        DELETE FROM device_shares AS s
        USING devices AS d
        WHERE s.id = ANY (batch) AND d.id = s.device_id AND (d.customer_id IS DISTINCT FROM s.owner_id OR s.owner_id = s.shared_with);
        COMMIT;
    END LOOP;
END
$$;

DO $$
DECLARE
    customer uuid;
BEGIN
    FOR customer IN SELECT c.id FROM customers AS c WHERE NOT c.active ORDER BY c.id LOOP
        PERFORM tenantstore_refresh_suspended(customer);
        COMMIT;
    END LOOP;
END
$$;

DO $$
DECLARE
    device uuid;
    done bigint := 0;
BEGIN
    FOR device IN SELECT DISTINCT s.device_id FROM device_shares AS s ORDER BY s.device_id LOOP
        PERFORM tenantstore_refresh_access_lists(device);
        done := done + 1;
        IF done % 1000 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END
$$;

ALTER TABLE device_shares VALIDATE CONSTRAINT device_shares_shared_with_check;
ALTER TABLE device_shares VALIDATE CONSTRAINT device_shares_device_id_owner_id_fkey;
