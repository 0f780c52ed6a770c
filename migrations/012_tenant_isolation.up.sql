-- no-transaction
-- Every phone, code and connection gets an owner, and owners can share.
--
-- What nobody owns so far becomes the operator's: a customer with the name and the e-mail of the first admin. In steps, because
-- in one transaction the first ALTER would keep every reader of devices waiting until the last of a million rows is stamped.

DO $$
BEGIN
    IF EXISTS (SELECT FROM devices) AND NOT EXISTS (SELECT FROM users AS u WHERE u.role = 'admin') THEN
        RAISE EXCEPTION 'there are devices, and no admin user to become the customer who owns them'
            USING HINT = 'Make one, then migrate again: UPDATE users SET role = ''admin'' WHERE email = ''...''; or '
                'INSERT INTO users (email, password_hash, name, role) VALUES (..., ''admin'');';
    END IF;
END
$$;

-- A new column without a default is null in every row: there is nothing to check, and the lock is gone at once.
ALTER TABLE devices ADD COLUMN customer_id uuid REFERENCES customers ON DELETE SET NULL;
ALTER TABLE pairing_codes ADD COLUMN customer_id uuid REFERENCES customers ON DELETE SET NULL;

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

WITH admin AS (
    SELECT u.name, u.email FROM users AS u WHERE u.role = 'admin' ORDER BY u.created_at, u.id LIMIT 1
),

operator AS (
    INSERT INTO customers (name, email, active, email_verified)
    SELECT a.name, a.email, true, true
    FROM admin AS a
    WHERE NOT EXISTS (SELECT FROM customers AS c WHERE lower(c.email) = lower(a.email))
    RETURNING id
)

INSERT INTO tenant_isolation_changes (what, id)
SELECT 'customer', o.id FROM operator AS o;

-- A thousand rows a transaction, here and below: no phone waits long to report.
DO $$
DECLARE
    operator uuid;
    batch uuid[];
BEGIN
    SELECT c.id INTO operator
    FROM (SELECT u.email FROM users AS u WHERE u.role = 'admin' ORDER BY u.created_at, u.id LIMIT 1) AS a
    INNER JOIN customers AS c ON lower(c.email) = lower(a.email)
    ORDER BY c.email <> a.email, c.created_at, c.id
    LIMIT 1;

    FOR batch IN
        SELECT array_agg(n.id ORDER BY n.id)
        FROM (
            SELECT d.id, (row_number() OVER (ORDER BY d.id) - 1) / 1000 AS step FROM devices AS d WHERE d.customer_id IS NULL
        ) AS n
        GROUP BY n.step
        ORDER BY n.step
    LOOP
        UPDATE devices AS d SET customer_id = operator WHERE d.id = ANY (batch) AND d.customer_id IS NULL;
        COMMIT;
    END LOOP;
END
$$;

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
