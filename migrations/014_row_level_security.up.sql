-- The database's own barrier: two roles, what each may touch, which rows, and who may still write after a wait.
--
-- A service logs in as a role that is a member of both and by itself may do nothing:
--
--     CREATE ROLE app LOGIN NOINHERIT;
--     GRANT tenantstore_tenant, tenantstore_operator TO app;
--     GRANT USAGE ON SCHEMA ... TO app;                          -- unless it is one that PUBLIC may use, as public is
--
-- and enters one of them for a transaction, a tenant always through tenantstore_active_customer():
--
--     SELECT set_config('role', 'tenantstore_tenant', true),
--            set_config('tenantstore.customer_id', tenantstore_active_customer($1, $2)::text, true);
--     SELECT set_config('role', 'tenantstore_operator', true);
--
-- The role that migrates inherits tenantstore_operator, unless it is a superuser: row-level security is forced on the owner
-- too, and a later migration that fills a column or validates a foreign key would otherwise see no rows and say nothing.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Roles belong to the cluster: another database may have made them, or be making them at this moment.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tenantstore_operator', 'tenantstore_tenant'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'role % is missing and % may not create it', wanted, current_user
                        USING HINT = format('As an administrator: CREATE ROLE %1$I NOLOGIN; GRANT %1$I TO %2$I;', wanted, current_user);
            END;
        END IF;
        IF EXISTS (
            SELECT FROM pg_roles AS r WHERE r.rolname = wanted AND (r.rolcanlogin OR r.rolsuper OR r.rolbypassrls)
        ) THEN
            RAISE EXCEPTION 'role % may log in or is exempt from row-level security', wanted
                USING HINT = format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS;', wanted);
        END IF;
    END LOOP;

    IF NOT pg_has_role('tenantstore_operator', 'USAGE') THEN
        BEGIN
            GRANT tenantstore_operator TO CURRENT_USER;
        EXCEPTION
            WHEN insufficient_privilege THEN
                NULL;
        END;
        IF NOT pg_has_role('tenantstore_operator', 'USAGE') THEN
            RAISE EXCEPTION '% does not inherit tenantstore_operator', current_user
                USING HINT = format('As an administrator: ALTER ROLE %1$I INHERIT; GRANT tenantstore_operator TO %1$I;', current_user);
        END IF;
    END IF;

    -- CREATE only until the functions and the view below have changed hands.
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO tenantstore_operator', current_schema());
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenantstore_tenant', current_schema());
END
$$;

-- 1. What each role may touch. A column that a later migration adds is not the tenant's until it says so.

GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE
    users,
    customers,
    devices,
    device_shares,
    proxy_connections,
    ip_history,
    bandwidth_logs,
    device_commands,
    rotation_links,
    pairing_codes,
    device_status_logs,
    relay_servers,
    customer_auth_tokens
TO tenantstore_operator;

GRANT USAGE ON SEQUENCE devices_base_port_seq TO tenantstore_operator;
GRANT EXECUTE ON FUNCTION tenantstore_next_base_port() TO tenantstore_operator;

GRANT SELECT (id, name, email, active, created_at, updated_at, email_verified, google_email) ON TABLE customers TO tenantstore_tenant;

-- Not auth_token, not last_offline_alert_at, not the access lists: they name the other grantees.
GRANT
    SELECT (
        id, name, android_id, status, cellular_ip, wifi_ip, vpn_ip, carrier, network_type, battery_level, battery_charging,
        signal_strength, base_port, http_port, socks5_port, udp_relay_port, ovpn_port, last_heartbeat, app_version, device_model,
        android_version, created_at, updated_at, description, relay_server_id, auto_rotate_minutes, customer_id
    ),
    UPDATE (name, description, auto_rotate_minutes, updated_at)
ON TABLE devices TO tenantstore_tenant;

GRANT
    SELECT,
    INSERT (device_id, owner_id, shared_with, can_rename, can_manage_ports, can_download_configs, can_rotate_ip),
    UPDATE (can_rename, can_manage_ports, can_download_configs, can_rotate_ip, updated_at),
    DELETE
ON TABLE device_shares TO tenantstore_tenant;

-- Passwords are written here and read through connection_passwords. Nobody names an id or a port: one that another customer has
-- would answer differently.
GRANT
    SELECT (
        id, device_id, customer_id, username, ip_whitelist, bandwidth_limit, bandwidth_used, active, expires_at, created_at,
        updated_at, base_port, http_port, socks5_port, proxy_type
    ),
    INSERT (
        device_id, customer_id, username, password_hash, password_plain, ip_whitelist, bandwidth_limit, active, expires_at,
        proxy_type
    ),
    UPDATE (active, password_hash, password_plain, updated_at),
    DELETE
ON TABLE proxy_connections TO tenantstore_tenant;

GRANT SELECT ON TABLE ip_history, bandwidth_logs, device_status_logs TO tenantstore_tenant;
GRANT SELECT, INSERT (device_id, type, payload) ON TABLE device_commands TO tenantstore_tenant;
GRANT SELECT, INSERT (device_id, token, name), DELETE ON TABLE rotation_links TO tenantstore_tenant;

-- Not device_auth_token, which becomes the device's own.
GRANT
    SELECT (
        id, code, claimed_by_device_id, claimed_at, expires_at, created_by, created_at, relay_server_id, reassign_device_id,
        customer_id
    ),
    INSERT (code, device_auth_token, expires_at, relay_server_id, reassign_device_id, customer_id)
ON TABLE pairing_codes TO tenantstore_tenant;

GRANT SELECT (id, ip) ON TABLE relay_servers TO tenantstore_tenant;

-- 2. Who is asking. '' is what the setting reads after the transaction that set it.

CREATE FUNCTION tenantstore_customer_id() RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN nullif(current_setting('tenantstore.customer_id', true), '')::uuid;

REVOKE EXECUTE ON FUNCTION tenantstore_customer_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenantstore_customer_id() TO tenantstore_tenant, tenantstore_operator;

-- The way in. PUBLIC may call it: the call is checked before the role is set, when the login role is nobody yet. To a session
-- that could not become a tenant every customer is unknown.
CREATE FUNCTION tenantstore_active_customer(customer_id uuid, for_write boolean) RETURNS uuid
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF pg_has_role(session_user, 'tenantstore_tenant', 'MEMBER') THEN
        IF for_write THEN
            -- Until the end of the transaction a suspension waits; one that came first is seen.
            PERFORM FROM customers AS c WHERE c.id = tenantstore_active_customer.customer_id AND c.active FOR SHARE;
        ELSE
            PERFORM FROM customers AS c WHERE c.id = tenantstore_active_customer.customer_id AND c.active;
        END IF;
        IF FOUND THEN
            RETURN customer_id;
        END IF;
    END IF;
    RAISE EXCEPTION 'customer is unknown or suspended' USING ERRCODE = 'TS001';
END
$$;

-- 3. Which rows. One policy a command for tenants: what may be seen may not therefore be changed. A row without a customer is
-- equal to nobody and so the operator's alone.

ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- lint: several-tables one table with its barrier and the next without would be an open door; each change is an entry
ALTER TABLE customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE device_shares ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE devices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE proxy_connections ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ip_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE bandwidth_logs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE device_commands ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE rotation_links ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE pairing_codes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE device_status_logs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE relay_servers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE customer_auth_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- A partition that is named directly obeys its own policies, of which it has none; and nobody is granted it.
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT i.inhrelid FROM pg_inherits AS i WHERE i.inhparent = 'bandwidth_logs'::regclass ORDER BY i.inhrelid LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
    END LOOP;
END
$$;

-- The months to come. Only an owner may make a partition, so this runs as the role that migrates, with nothing of the caller's in
-- its text but the month. Attached, not created in place, which would keep every reader and writer waiting.
CREATE FUNCTION tenantstore_ensure_bandwidth_partition(month date) RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    first_day CONSTANT timestamp := date_trunc('month', month::timestamp);
    partition CONSTANT text := to_char(first_day, '"bandwidth_logs_"YYYY_MM');
    qualified CONSTANT text := format('%I.%I', current_schema(), partition);
BEGIN
    IF to_regclass(qualified) IS NULL THEN
        -- Of two that come here at once the second waits, and then finds it.
        LOCK TABLE bandwidth_logs IN SHARE UPDATE EXCLUSIVE MODE;
        IF to_regclass(qualified) IS NULL THEN
            EXECUTE format('CREATE TABLE %s (LIKE bandwidth_logs INCLUDING DEFAULTS)', qualified);
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', qualified);
            EXECUTE format(
                'ALTER TABLE bandwidth_logs ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                qualified,
                first_day AT TIME ZONE 'UTC',
                (first_day + interval '1 month') AT TIME ZONE 'UTC'
            );
        END IF;
    END IF;
    RETURN partition;
END
$$;

REVOKE EXECUTE ON FUNCTION tenantstore_ensure_bandwidth_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenantstore_ensure_bandwidth_partition(date) TO tenantstore_operator;

CREATE POLICY users_operator ON users TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY customers_operator ON customers TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY device_shares_operator ON device_shares TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY devices_operator ON devices TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY proxy_connections_operator ON proxy_connections TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY ip_history_operator ON ip_history TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY bandwidth_logs_operator ON bandwidth_logs TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY device_commands_operator ON device_commands TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY rotation_links_operator ON rotation_links TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY pairing_codes_operator ON pairing_codes TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY device_status_logs_operator ON device_status_logs TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY relay_servers_operator ON relay_servers TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY customer_auth_tokens_operator ON customer_auth_tokens TO tenantstore_operator USING (true) WITH CHECK (true);

-- 3a. Policies that read their own row only.

CREATE POLICY customers_tenant_select ON customers FOR SELECT TO tenantstore_tenant USING (id = tenantstore_customer_id());

CREATE POLICY relay_servers_tenant_select ON relay_servers FOR SELECT TO tenantstore_tenant USING (true);

CREATE POLICY devices_tenant_select ON devices FOR SELECT TO tenantstore_tenant
    USING (customer_id = tenantstore_customer_id() OR tenantstore_customer_id() = ANY (viewers));

-- USING is as wide as SELECT because locking a row FOR SHARE asks for it too; WITH CHECK is what stops a change, and the
-- triggers below tell the columns apart.
CREATE POLICY devices_tenant_update ON devices FOR UPDATE TO tenantstore_tenant
    USING (customer_id = tenantstore_customer_id() OR tenantstore_customer_id() = ANY (viewers))
    WITH CHECK (
        customer_id = tenantstore_customer_id()
        OR tenantstore_customer_id() = ANY (renamers)
        OR tenantstore_customer_id() = ANY (rotators)
    );

-- That the owner named in a share is the device's, the foreign key (device_id, owner_id) of 017 proves.
CREATE POLICY device_shares_tenant_select ON device_shares FOR SELECT TO tenantstore_tenant
    USING (owner_id = tenantstore_customer_id() OR (shared_with = tenantstore_customer_id() AND NOT suspended));

CREATE POLICY device_shares_tenant_insert ON device_shares FOR INSERT TO tenantstore_tenant
    WITH CHECK (owner_id = tenantstore_customer_id());

-- USING lets a grantee lock the share they act by; WITH CHECK lets nobody but the owner change one.
CREATE POLICY device_shares_tenant_update ON device_shares FOR UPDATE TO tenantstore_tenant
    USING (owner_id = tenantstore_customer_id() OR (shared_with = tenantstore_customer_id() AND NOT suspended))
    WITH CHECK (owner_id = tenantstore_customer_id());

CREATE POLICY device_shares_tenant_delete ON device_shares FOR DELETE TO tenantstore_tenant
    USING (owner_id = tenantstore_customer_id());

CREATE POLICY pairing_codes_tenant_select ON pairing_codes FOR SELECT TO tenantstore_tenant
    USING (customer_id = tenantstore_customer_id());

-- 3b. Policies that look at the device and its share. A log row names its device and no customer, and to write the customers
-- into each would mean to rewrite years of rows with every share and every revocation. Barred here are reads; where a wait
-- could let a write through, the triggers below decide again.

CREATE POLICY pairing_codes_tenant_insert ON pairing_codes FOR INSERT TO tenantstore_tenant
    WITH CHECK (
        customer_id = tenantstore_customer_id()
        AND (
            reassign_device_id IS NULL
            OR EXISTS (
                SELECT FROM devices AS d
                WHERE d.id = pairing_codes.reassign_device_id AND d.customer_id = tenantstore_customer_id()
            )
        )
    );

CREATE POLICY proxy_connections_tenant_select ON proxy_connections FOR SELECT TO tenantstore_tenant
    USING (
        customer_id = tenantstore_customer_id()
        OR EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = proxy_connections.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE s.device_id = proxy_connections.device_id AND s.shared_with = tenantstore_customer_id() AND NOT s.suspended
        )
    );

CREATE POLICY proxy_connections_tenant_insert ON proxy_connections FOR INSERT TO tenantstore_tenant
    WITH CHECK (
        EXISTS (
            SELECT FROM devices AS d
            WHERE
                d.id = proxy_connections.device_id
                AND d.customer_id = proxy_connections.customer_id
                AND (
                    d.customer_id = tenantstore_customer_id()
                    OR EXISTS (
                        SELECT FROM device_shares AS s
                        WHERE
                            s.device_id = d.id
                            AND s.shared_with = tenantstore_customer_id()
                            AND s.can_manage_ports
                            AND NOT s.suspended
                    )
                )
        )
    );

CREATE POLICY proxy_connections_tenant_update ON proxy_connections FOR UPDATE TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = proxy_connections.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = proxy_connections.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_manage_ports
                AND NOT s.suspended
        )
    )
    WITH CHECK (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = proxy_connections.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = proxy_connections.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_manage_ports
                AND NOT s.suspended
        )
    );

CREATE POLICY proxy_connections_tenant_delete ON proxy_connections FOR DELETE TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = proxy_connections.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = proxy_connections.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_manage_ports
                AND NOT s.suspended
        )
    );

CREATE POLICY ip_history_tenant_select ON ip_history FOR SELECT TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = ip_history.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = ip_history.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_rotate_ip
                AND NOT s.suspended
        )
    );

CREATE POLICY device_status_logs_tenant_select ON device_status_logs FOR SELECT TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = device_status_logs.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = device_status_logs.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_rotate_ip
                AND NOT s.suspended
        )
    );

CREATE POLICY bandwidth_logs_tenant_select ON bandwidth_logs FOR SELECT TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = bandwidth_logs.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = bandwidth_logs.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_rotate_ip
                AND NOT s.suspended
        )
    );

CREATE POLICY device_commands_tenant_select ON device_commands FOR SELECT TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = device_commands.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = device_commands.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_rotate_ip
                AND NOT s.suspended
        )
    );

CREATE POLICY device_commands_tenant_insert ON device_commands FOR INSERT TO tenantstore_tenant
    WITH CHECK (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = device_commands.device_id AND d.customer_id = tenantstore_customer_id()
        )
        OR EXISTS (
            SELECT FROM device_shares AS s
            WHERE
                s.device_id = device_commands.device_id
                AND s.shared_with = tenantstore_customer_id()
                AND s.can_rotate_ip
                AND NOT s.suspended
                AND device_commands.type = 'rotate_ip'
        )
    );

CREATE POLICY rotation_links_tenant_select ON rotation_links FOR SELECT TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = rotation_links.device_id AND d.customer_id = tenantstore_customer_id()
        )
    );

CREATE POLICY rotation_links_tenant_insert ON rotation_links FOR INSERT TO tenantstore_tenant
    WITH CHECK (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = rotation_links.device_id AND d.customer_id = tenantstore_customer_id()
        )
    );

CREATE POLICY rotation_links_tenant_delete ON rotation_links FOR DELETE TO tenantstore_tenant
    USING (
        EXISTS (
            SELECT FROM devices AS d
            WHERE d.id = rotation_links.device_id AND d.customer_id = tenantstore_customer_id()
        )
    );

-- 4. Who may still write, once the wait for a lock is over. In force where the policies are: not for the operator, and not
-- for foreign-key cascades, which run as the tables' owner without row-level security.

-- OLD is the row as it was locked. UPDATE OF fires where a column is named, changed or not.
CREATE FUNCTION tenantstore_guard_device() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    me CONSTANT uuid := tenantstore_customer_id();
    allowed CONSTANT uuid[] := CASE TG_ARGV[0] WHEN 'renamers' THEN OLD.renamers WHEN 'rotators' THEN OLD.rotators END;
BEGIN
    IF OLD.customer_id = me OR me = ANY (allowed) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER devices_tenant_guard_rename
    BEFORE UPDATE OF name, description ON devices
    FOR EACH ROW
    WHEN (row_security_active('devices'::regclass) AND NOT pg_has_role('tenantstore_operator', 'USAGE'))
    EXECUTE FUNCTION tenantstore_guard_device('renamers');

CREATE TRIGGER devices_tenant_guard_rotate
    BEFORE UPDATE OF auto_rotate_minutes ON devices
    FOR EACH ROW
    WHEN (row_security_active('devices'::regclass) AND NOT pg_has_role('tenantstore_operator', 'USAGE'))
    EXECUTE FUNCTION tenantstore_guard_device('rotators');

-- The argument is the permission that a grantee needs; without one only the owner passes. The share or the device stays
-- locked until the write is committed, so that a revocation, a suspension or a change of owner is seen or waits.
CREATE FUNCTION tenantstore_guard_child() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    me CONSTANT uuid := tenantstore_customer_id();
    device CONSTANT uuid := coalesce(NEW.device_id, OLD.device_id);
BEGIN
    PERFORM FROM device_shares AS s
    WHERE
        s.device_id = device
        AND s.shared_with = me
        AND NOT s.suspended
        AND (to_jsonb(s) ->> TG_ARGV[0])::boolean
    FOR SHARE;
    IF NOT FOUND THEN
        PERFORM FROM devices AS d WHERE d.id = device AND d.customer_id = me FOR KEY SHARE;
    END IF;
    IF FOUND THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER proxy_connections_tenant_guard
    BEFORE INSERT OR UPDATE OR DELETE ON proxy_connections
    FOR EACH ROW
    WHEN (row_security_active('proxy_connections'::regclass) AND NOT pg_has_role('tenantstore_operator', 'USAGE'))
    EXECUTE FUNCTION tenantstore_guard_child('can_manage_ports');

CREATE TRIGGER device_commands_tenant_guard_rotate
    BEFORE INSERT ON device_commands
    FOR EACH ROW
    WHEN (
        NEW.type = 'rotate_ip'
        AND row_security_active('device_commands'::regclass)
        AND NOT pg_has_role('tenantstore_operator', 'USAGE')
    )
    EXECUTE FUNCTION tenantstore_guard_child('can_rotate_ip');

CREATE TRIGGER device_commands_tenant_guard
    BEFORE INSERT ON device_commands
    FOR EACH ROW
    WHEN (
        NEW.type <> 'rotate_ip'
        AND row_security_active('device_commands'::regclass)
        AND NOT pg_has_role('tenantstore_operator', 'USAGE')
    )
    EXECUTE FUNCTION tenantstore_guard_child();

CREATE TRIGGER rotation_links_tenant_guard
    BEFORE INSERT OR DELETE ON rotation_links
    FOR EACH ROW
    WHEN (row_security_active('rotation_links'::regclass) AND NOT pg_has_role('tenantstore_operator', 'USAGE'))
    EXECUTE FUNCTION tenantstore_guard_child();

-- Without it the foreign keys would still refuse, but a device that is there by another than one that is not. Triggers fire by
-- name: this one after device_shares_suspended, which locks the customers.
CREATE TRIGGER device_shares_tenant_guard
    BEFORE INSERT ON device_shares
    FOR EACH ROW
    WHEN (row_security_active('device_shares'::regclass) AND NOT pg_has_role('tenantstore_operator', 'USAGE'))
    EXECUTE FUNCTION tenantstore_guard_child();

REVOKE EXECUTE ON FUNCTION tenantstore_guard_device(), tenantstore_guard_child() FROM PUBLIC;

-- 5. Passwords, which a column grant cannot give to some grantees and not to others. The view reads as its owner on purpose:
-- as security_invoker it would need the very grant that it stands in for. So it says itself which rows are the customer's; the
-- operator sees all, so that one query serves both.
CREATE VIEW connection_passwords WITH (security_barrier) AS
SELECT
    c.id AS connection_id,
    c.password_hash,
    c.password_plain
FROM proxy_connections AS c
WHERE
    (SELECT pg_has_role('tenantstore_operator', 'USAGE'))
    OR EXISTS (
        SELECT FROM devices AS d
        WHERE d.id = c.device_id AND d.customer_id = tenantstore_customer_id()
    )
    OR EXISTS (
        SELECT FROM device_shares AS s
        WHERE
            s.device_id = c.device_id
            AND s.shared_with = tenantstore_customer_id()
            AND s.can_download_configs
            AND NOT s.suspended
    );

GRANT SELECT ON TABLE connection_passwords TO tenantstore_tenant;

-- 6. What runs with more rights than its caller runs as the operator, never as the role that migrates, which may be a superuser.

ALTER FUNCTION tenantstore_refresh_access_lists(uuid) OWNER TO tenantstore_operator;
ALTER FUNCTION tenantstore_share_changed() OWNER TO tenantstore_operator;
ALTER FUNCTION tenantstore_share_suspended() OWNER TO tenantstore_operator;
ALTER FUNCTION tenantstore_refresh_suspended(uuid) OWNER TO tenantstore_operator;
ALTER FUNCTION tenantstore_customer_suspended() OWNER TO tenantstore_operator;
ALTER FUNCTION tenantstore_active_customer(uuid, boolean) OWNER TO tenantstore_operator;
ALTER FUNCTION tenantstore_guard_child() OWNER TO tenantstore_operator;
ALTER VIEW connection_passwords OWNER TO tenantstore_operator;

DO $$
BEGIN
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM tenantstore_operator', current_schema());
END
$$;
