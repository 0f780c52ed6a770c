-- Loses the database's barrier: statements are then all that keeps tenants apart. The two roles go too, unless a service's login
-- role is a member, another database has granted them something, or the role that migrates may not drop them.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

ALTER FUNCTION tenantstore_refresh_access_lists(uuid) OWNER TO CURRENT_USER;
ALTER FUNCTION tenantstore_share_changed() OWNER TO CURRENT_USER;
ALTER FUNCTION tenantstore_share_suspended() OWNER TO CURRENT_USER;
ALTER FUNCTION tenantstore_refresh_suspended(uuid) OWNER TO CURRENT_USER;
ALTER FUNCTION tenantstore_customer_suspended() OWNER TO CURRENT_USER;

DROP VIEW connection_passwords;

DROP FUNCTION tenantstore_ensure_bandwidth_partition(date);

DROP TRIGGER device_shares_tenant_guard ON device_shares;
DROP TRIGGER rotation_links_tenant_guard ON rotation_links;
DROP TRIGGER device_commands_tenant_guard ON device_commands;
DROP TRIGGER device_commands_tenant_guard_rotate ON device_commands;
DROP TRIGGER proxy_connections_tenant_guard ON proxy_connections;
DROP TRIGGER devices_tenant_guard_rotate ON devices;
DROP TRIGGER devices_tenant_guard_rename ON devices;

DROP FUNCTION tenantstore_guard_child();
DROP FUNCTION tenantstore_guard_device();
DROP FUNCTION tenantstore_active_customer(uuid, boolean);

DROP POLICY users_operator ON users;
DROP POLICY customers_operator ON customers;
DROP POLICY device_shares_operator ON device_shares;
DROP POLICY devices_operator ON devices;
DROP POLICY proxy_connections_operator ON proxy_connections;
DROP POLICY ip_history_operator ON ip_history;
DROP POLICY bandwidth_logs_operator ON bandwidth_logs;
DROP POLICY device_commands_operator ON device_commands;
DROP POLICY rotation_links_operator ON rotation_links;
DROP POLICY pairing_codes_operator ON pairing_codes;
DROP POLICY device_status_logs_operator ON device_status_logs;
DROP POLICY relay_servers_operator ON relay_servers;
DROP POLICY customer_auth_tokens_operator ON customer_auth_tokens;
DROP POLICY customers_tenant_select ON customers;
DROP POLICY relay_servers_tenant_select ON relay_servers;
DROP POLICY devices_tenant_select ON devices;
DROP POLICY devices_tenant_update ON devices;
DROP POLICY device_shares_tenant_select ON device_shares;
DROP POLICY device_shares_tenant_insert ON device_shares;
DROP POLICY device_shares_tenant_update ON device_shares;
DROP POLICY device_shares_tenant_delete ON device_shares;
DROP POLICY pairing_codes_tenant_select ON pairing_codes;
DROP POLICY pairing_codes_tenant_insert ON pairing_codes;
DROP POLICY proxy_connections_tenant_select ON proxy_connections;
DROP POLICY proxy_connections_tenant_insert ON proxy_connections;
DROP POLICY proxy_connections_tenant_update ON proxy_connections;
DROP POLICY proxy_connections_tenant_delete ON proxy_connections;
DROP POLICY ip_history_tenant_select ON ip_history;
DROP POLICY device_status_logs_tenant_select ON device_status_logs;
DROP POLICY bandwidth_logs_tenant_select ON bandwidth_logs;
DROP POLICY device_commands_tenant_select ON device_commands;
DROP POLICY device_commands_tenant_insert ON device_commands;
DROP POLICY rotation_links_tenant_select ON rotation_links;
DROP POLICY rotation_links_tenant_insert ON rotation_links;
DROP POLICY rotation_links_tenant_delete ON rotation_links;

DROP FUNCTION tenantstore_customer_id();

DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT i.inhrelid FROM pg_inherits AS i WHERE i.inhparent = 'bandwidth_logs'::regclass ORDER BY i.inhrelid LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', partition);
    END LOOP;
END
$$;

ALTER TABLE users NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE customers NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE device_shares NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE devices NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE proxy_connections NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE ip_history NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE bandwidth_logs NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE device_commands NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE rotation_links NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE pairing_codes NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE device_status_logs NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE relay_servers NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE customer_auth_tokens NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE
    users,
    customers,
    device_shares,
    devices,
    proxy_connections,
    ip_history,
    bandwidth_logs,
    device_commands,
    rotation_links,
    pairing_codes,
    device_status_logs,
    relay_servers,
    customer_auth_tokens
FROM tenantstore_tenant, tenantstore_operator;

REVOKE ALL ON SEQUENCE devices_base_port_seq FROM tenantstore_operator;
REVOKE ALL ON FUNCTION tenantstore_next_base_port() FROM tenantstore_operator;

DO $$
DECLARE
    unwanted text;
BEGIN
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM tenantstore_tenant, tenantstore_operator', current_schema());

    FOREACH unwanted IN ARRAY ARRAY['tenantstore_tenant', 'tenantstore_operator'] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_auth_members AS m
            WHERE m.roleid = unwanted::regrole AND m.member <> current_user::regrole
        ) THEN
            BEGIN
                EXECUTE format('DROP ROLE %I', unwanted);
            EXCEPTION
                WHEN dependent_objects_still_exist OR insufficient_privilege OR undefined_object THEN
                    NULL;
            END;
        END IF;
    END LOOP;
END
$$;
