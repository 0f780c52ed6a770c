-- no-transaction
-- Every phone, code and connection gets an owner, and owners can share.
--
-- What nobody owns so far becomes the operator's: a customer with the name and the e-mail of the first admin. In steps, so that
-- nobody waits until the last of a million rows is stamped.

DO $$
BEGIN
    IF EXISTS (SELECT FROM devices) AND NOT EXISTS (SELECT FROM users AS u WHERE u.role = 'admin') THEN
        RAISE EXCEPTION 'there are devices, and no admin user to become the customer who owns them'
            USING HINT = 'Make one, then migrate again: UPDATE users SET role = ''admin'' WHERE email = ''...''; or '
                'INSERT INTO users (email, password_hash, name, role) VALUES (..., ''admin'');';
    END IF;
END
$$;

CREATE TABLE device_shares (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
    owner_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    shared_with uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    can_rename boolean NOT NULL DEFAULT false,
    can_manage_ports boolean NOT NULL DEFAULT false,
    can_download_configs boolean NOT NULL DEFAULT false,
    can_rotate_ip boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (device_id, shared_with)
);

CREATE INDEX device_shares_owner_id_idx ON device_shares (owner_id);
CREATE INDEX device_shares_shared_with_idx ON device_shares (shared_with);

-- Without it the down file could not tell the connections stamped here from those that had a customer before.
CREATE TABLE tenant_isolation_changes (
    what text NOT NULL CHECK (what IN ('customer', 'connection')),
    id uuid NOT NULL,
    PRIMARY KEY (what, id)
);

COMMENT ON TABLE tenant_isolation_changes IS 'What migration 012 created and stamped. Its down file reads it, nothing else does.';

-- A column that is added with a default has it in all rows at once, and none of them is written: so the devices are stamped.
DO $$
DECLARE
    admin users%ROWTYPE;
    operator uuid;
BEGIN
    SELECT u.* INTO admin FROM users AS u WHERE u.role = 'admin' ORDER BY u.created_at, u.id LIMIT 1;

    SELECT c.id INTO operator
    FROM customers AS c
    WHERE lower(c.email) = lower(admin.email)
    ORDER BY c.email <> admin.email, c.created_at, c.id
    LIMIT 1;

    IF admin.id IS NOT NULL AND operator IS NULL THEN
        INSERT INTO customers (name, email, active, email_verified)
        VALUES (admin.name, admin.email, true, true)
        RETURNING id INTO operator;

        INSERT INTO tenant_isolation_changes (what, id) VALUES ('customer', operator);
    END IF;

    EXECUTE format('ALTER TABLE devices ADD COLUMN customer_id uuid DEFAULT %L', operator);
    ALTER TABLE devices ALTER COLUMN customer_id DROP DEFAULT;
END
$$;

ALTER TABLE devices
    ADD CONSTRAINT devices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers ON DELETE SET NULL NOT VALID;
ALTER TABLE devices VALIDATE CONSTRAINT devices_customer_id_fkey;

-- A new column without a default is null in every row: there is nothing to check.
ALTER TABLE pairing_codes ADD COLUMN customer_id uuid REFERENCES customers ON DELETE SET NULL;

-- A thousand rows a transaction: whoever counts their bandwidth does not wait long.
DO $$
DECLARE
    batch uuid[];
BEGIN
    FOR batch IN
        SELECT array_agg(n.id ORDER BY n.id)
        FROM (
            SELECT c.id, (row_number() OVER (ORDER BY c.id) - 1) / 1000 AS step
            FROM proxy_connections AS c
            WHERE c.customer_id IS NULL
        ) AS n
        GROUP BY n.step
        ORDER BY n.step
    LOOP
        WITH stamped AS (
            UPDATE proxy_connections AS c
            SET customer_id = d.customer_id
            FROM devices AS d
            WHERE c.id = ANY (batch) AND c.customer_id IS NULL AND d.id = c.device_id AND d.customer_id IS NOT NULL
            RETURNING c.id
        )
        INSERT INTO tenant_isolation_changes (what, id)
        SELECT 'connection', s.id FROM stamped AS s;
        COMMIT;
    END LOOP;
END
$$;

CREATE INDEX CONCURRENTLY devices_customer_id_idx ON devices (customer_id);
CREATE INDEX CONCURRENTLY pairing_codes_customer_id_idx ON pairing_codes (customer_id);
