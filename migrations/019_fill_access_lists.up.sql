-- no-transaction
-- Fills in what 013 left empty and checks the rows that 018 did not. A thousand rows a transaction: no phone waits long to report.
-- Run again after a failure it does the same and finds less to do.
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
