"""What somebody may do to a database, in SQL, and what the doctor then says."""

# What is done, what undoes what outlives the database, and what is found: code and object.
_TICKETS = (
    "CREATE TABLE tickets (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers (id), title text);"
    "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
)
SABOTAGES: list[tuple[str, str, list[tuple[str, str]]]] = [
    # roles
    (
        "ALTER ROLE tenantstore_tenant LOGIN",
        "ALTER ROLE tenantstore_tenant NOLOGIN",
        [("role-login", "tenantstore_tenant")],
    ),
    (
        "ALTER ROLE tenantstore_operator SUPERUSER",
        "ALTER ROLE tenantstore_operator NOSUPERUSER",
        [("role-superuser", "tenantstore_operator")],
    ),
    (
        "ALTER ROLE tenantstore_tenant BYPASSRLS",
        "ALTER ROLE tenantstore_tenant NOBYPASSRLS",
        [("role-bypassrls", "tenantstore_tenant")],
    ),
    (
        "GRANT tenantstore_operator TO tenantstore_tenant",
        "REVOKE tenantstore_operator FROM tenantstore_tenant",
        [("role-member", "tenantstore_tenant")],
    ),
    (
        "ALTER TABLE ip_history OWNER TO tenantstore_tenant",
        "",
        [("role-owner", "tenantstore_tenant"), ("owner-differs", "ip_history"), ("grant-missing", "ip_history")],
    ),
    # the role that logs in
    ("ALTER ROLE app BYPASSRLS", "ALTER ROLE app NOBYPASSRLS", [("login-bypassrls", "app")]),
    ("ALTER ROLE app CREATEROLE", "ALTER ROLE app NOCREATEROLE", [("login-createrole", "app")]),
    (
        "GRANT tenantstore_operator TO app WITH INHERIT TRUE",
        "GRANT tenantstore_operator TO app WITH INHERIT FALSE",
        [("login-inherits", "app")],
    ),
    (
        "GRANT pg_read_all_data TO app WITH INHERIT TRUE",
        "REVOKE pg_read_all_data FROM app",
        [("login-inherits", "app")],
    ),
    (
        "REVOKE tenantstore_tenant FROM app",
        "GRANT tenantstore_tenant TO app",
        [("login-not-member", "app")],
    ),
    ("GRANT postgres TO app", "REVOKE postgres FROM app", [("login-becomes", "app")]),
    ("ALTER DATABASE $database OWNER TO app", "", [("login-owner", "app")]),
    (
        "CREATE ROLE other LOGIN INHERIT; GRANT tenantstore_tenant TO other",
        "DROP ROLE other",
        [("login-inherits", "other"), ("login-not-member", "other")],
    ),
    (
        "ALTER ROLE app SET tenantstore.customer_id = '00000000-0000-0000-0000-000000000001'",
        "ALTER ROLE app RESET tenantstore.customer_id",
        [("setting-customer", "tenantstore.customer_id")],
    ),
    (
        "ALTER DATABASE $database SET session_replication_role = replica",
        "",
        [("setting-replica", "session_replication_role")],
    ),
    # tables
    ("DROP VIEW connection_passwords", "", [("view-missing", "connection_passwords")]),
    ("DROP TABLE customer_auth_tokens", "", [("table-missing", "customer_auth_tokens")]),
    ("ALTER TABLE devices DISABLE ROW LEVEL SECURITY", "", [("rls-off", "devices")]),
    ("ALTER TABLE users NO FORCE ROW LEVEL SECURITY", "", [("rls-not-forced", "users")]),
    (
        "CREATE TABLE bandwidth_logs_2020_01 PARTITION OF bandwidth_logs"
        " FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
        "",
        [("rls-off", "bandwidth_logs_2020_01")],
    ),
    ("CREATE TABLE invoices (customer_id uuid)", "", [("rls-off", "invoices")]),
    ("CREATE TABLE notes (body text); GRANT SELECT ON notes TO tenantstore_tenant", "", [("rls-off", "notes")]),
    ("GRANT CREATE ON SCHEMA public TO tenantstore_tenant", "", [("schema-create", "schema public")]),
    # policies
    (
        "DROP POLICY devices_tenant_select ON devices",
        "",
        [("policy-missing", "devices")],
    ),
    (
        "CREATE POLICY everything ON devices TO tenantstore_tenant USING (customer_id = tenantstore_customer_id())",
        "",
        [("policy-for-all", "policy everything on devices")],
    ),
    (
        "DROP POLICY devices_tenant_update ON devices;"
        "CREATE POLICY devices_tenant_update ON devices TO tenantstore_tenant"
        " USING (customer_id = tenantstore_customer_id())",
        "",
        [("policy-for-all", "policy devices_tenant_update on devices")],
    ),
    (
        "CREATE POLICY debug ON devices FOR SELECT TO PUBLIC USING (true)",
        "",
        [("policy-wide", "policy debug on devices")],
    ),
    (
        "ALTER POLICY device_shares_tenant_select ON device_shares USING (true)",
        "",
        [("policy-wide", "policy device_shares_tenant_select on device_shares")],
    ),
    (
        "CREATE POLICY theirs ON bandwidth_logs FOR SELECT TO tenantstore_tenant USING (connection_id IS NULL)",
        "",
        [("policy-extra", "policy theirs on bandwidth_logs")],
    ),
    (
        "CREATE POLICY shut ON devices AS RESTRICTIVE USING (false)",
        "",
        [("policy-extra", "policy shut on devices")],
    ),
    (
        "DROP POLICY device_shares_tenant_update ON device_shares;"
        "CREATE POLICY device_shares_tenant_update ON device_shares FOR UPDATE TO tenantstore_tenant"
        " USING (owner_id = tenantstore_customer_id() OR (shared_with = tenantstore_customer_id() AND NOT suspended))",
        "",
        [("policy-no-check", "policy device_shares_tenant_update on device_shares")],
    ),
    (
        "ALTER POLICY customers_tenant_select ON customers TO PUBLIC",
        "",
        [("policy-differs", "policy customers_tenant_select on customers")],
    ),
    # the same words in other brackets
    (
        "ALTER POLICY device_shares_tenant_select ON device_shares"
        " USING ((owner_id = tenantstore_customer_id() OR shared_with = tenantstore_customer_id()) AND NOT suspended)",
        "",
        [("policy-differs", "policy device_shares_tenant_select on device_shares")],
    ),
    # a table of the service's own
    (
        "CREATE TABLE invoices (customer_id uuid);"
        "ALTER TABLE invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY own ON invoices FOR UPDATE TO tenantstore_tenant"
        " USING (customer_id = tenantstore_customer_id())",
        "",
        [("policy-no-check", "policy own on invoices")],
    ),
    # grants
    ("GRANT SELECT (auth_token) ON devices TO tenantstore_tenant", "", [("grant-wide", "devices")]),
    ("GRANT SELECT ON devices TO tenantstore_tenant", "", [("grant-wide", "devices")]),
    ("GRANT UPDATE (viewers) ON devices TO tenantstore_tenant", "", [("grant-wide", "devices")]),
    ("GRANT TRUNCATE ON device_commands TO tenantstore_operator", "", [("grant-wide", "device_commands")]),
    ("GRANT SELECT ON users TO PUBLIC", "", [("grant-public", "users")]),
    ("GRANT SELECT (id) ON customers TO app", "", [("grant-stray", "customers")]),
    (
        "GRANT USAGE ON SEQUENCE devices_base_port_seq TO tenantstore_tenant",
        "",
        [("grant-wide", "devices_base_port_seq")],
    ),
    ("GRANT INSERT ON connection_passwords TO tenantstore_tenant", "", [("grant-wide", "connection_passwords")]),
    ("REVOKE SELECT ON active_scope FROM PUBLIC", "", [("grant-missing", "active_scope")]),
    ("REVOKE SELECT (name) ON devices FROM tenantstore_tenant", "", [("grant-missing", "devices")]),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO tenantstore_tenant",
        "",
        [("grant-default", "default privileges FOR ROLE postgres IN SCHEMA public")],
    ),
    # views
    ("CREATE VIEW phones AS SELECT d.id FROM devices AS d", "", [("view-definer", "phones")]),
    (
        "CREATE SCHEMA reports; CREATE VIEW reports.phones WITH (security_invoker) AS SELECT d.id FROM devices AS d;"
        "CREATE VIEW reports.all_phones AS SELECT p.id FROM reports.phones AS p",
        "",
        [("view-definer", "reports.all_phones")],
    ),
    ("CREATE MATERIALIZED VIEW phones AS SELECT d.id FROM devices AS d", "", [("view-materialized", "phones")]),
    ("ALTER VIEW connection_passwords RESET (security_barrier)", "", [("view-barrier", "connection_passwords")]),
    ("ALTER VIEW connection_passwords OWNER TO postgres", "", [("view-owner", "connection_passwords")]),
    (
        "CREATE OR REPLACE VIEW connection_passwords WITH (security_barrier) AS"
        " SELECT c.id AS connection_id, c.password_hash, c.password_plain FROM proxy_connections AS c",
        "",
        [("view-differs", "connection_passwords")],
    ),
    ("ALTER VIEW active_scope RESET (security_barrier)", "", [("view-barrier", "active_scope")]),
    (
        "CREATE OR REPLACE VIEW active_scope WITH (security_barrier) AS SELECT true AS entered FROM customers AS c"
        " WHERE c.id = nullif(current_setting('tenantstore.customer_id', true), '')::uuid AND c.active",
        "",
        [("view-differs", "active_scope")],
    ),
    # functions
    (
        "ALTER FUNCTION tenantstore_guard_child() RESET search_path",
        "",
        [("function-search-path", "function tenantstore_guard_child()")],
    ),
    (
        "ALTER FUNCTION tenantstore_share_changed() SET search_path = public",
        "",
        [("function-search-path", "function tenantstore_share_changed()")],
    ),
    (
        "GRANT EXECUTE ON FUNCTION tenantstore_refresh_suspended TO PUBLIC",
        "",
        [("function-execute", "function tenantstore_refresh_suspended(uuid)")],
    ),
    (
        "REVOKE EXECUTE ON FUNCTION tenantstore_active_customer FROM PUBLIC",
        "",
        [("function-execute", "function tenantstore_active_customer(uuid,boolean)")],
    ),
    (
        "ALTER FUNCTION tenantstore_guard_child() OWNER TO postgres",
        "",
        [("function-rights", "function tenantstore_guard_child()")],
    ),
    (
        "ALTER FUNCTION tenantstore_customer_id() SECURITY DEFINER SET search_path = public, pg_temp",
        "",
        [("function-rights", "function tenantstore_customer_id()")],
    ),
    (
        "CREATE OR REPLACE FUNCTION tenantstore_customer_id() RETURNS uuid LANGUAGE sql STABLE AS"
        " 'SELECT c.id FROM customers AS c LIMIT 1'",
        "",
        [("function-differs", "function tenantstore_customer_id()")],
    ),
    (
        "CREATE OR REPLACE FUNCTION tenantstore_guard_device() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = public, pg_temp AS 'BEGIN RETURN NEW; END'",
        "",
        [("function-differs", "function tenantstore_guard_device()")],
    ),
    (
        "CREATE OR REPLACE FUNCTION tenantstore_active_scope() RETURNS SETOF boolean LANGUAGE sql STABLE"
        " AS 'SELECT true'",
        "",
        [("function-differs", "function tenantstore_active_scope()")],
    ),
    (
        "DROP FUNCTION tenantstore_active_customer",
        "",
        [("function-missing", "function tenantstore_active_customer(uuid,boolean)")],
    ),
    (
        "CREATE FUNCTION phones() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp"
        " AS 'SELECT count(*) FROM devices'",
        "",
        [("function-superuser", "function phones()"), ("function-execute", "function phones()")],
    ),
    # triggers and constraints
    (
        "DROP TRIGGER proxy_connections_tenant_guard ON proxy_connections",
        "",
        [("trigger-missing", "trigger proxy_connections_tenant_guard on proxy_connections")],
    ),
    (
        "ALTER TABLE devices DISABLE TRIGGER devices_tenant_guard_rename",
        "",
        [("trigger-disabled", "trigger devices_tenant_guard_rename on devices")],
    ),
    (
        "DROP TRIGGER customers_suspended ON customers;"
        "CREATE TRIGGER customers_suspended AFTER UPDATE OF name ON customers FOR EACH ROW"
        " EXECUTE FUNCTION tenantstore_customer_suspended()",
        "",
        [("trigger-differs", "trigger customers_suspended on customers")],
    ),
    (
        "ALTER TABLE device_shares DROP CONSTRAINT device_shares_shared_with_check",
        "",
        [("constraint-missing", "constraint device_shares_shared_with_check on device_shares")],
    ),
    (
        "ALTER TABLE proxy_connections ALTER CONSTRAINT proxy_connections_device_id_customer_id_fkey NOT ENFORCED",
        "",
        [("constraint-differs", "constraint proxy_connections_device_id_customer_id_fkey on proxy_connections")],
    ),
    # tables of the service's own
    (
        f"{_TICKETS} CREATE POLICY every ON tickets FOR SELECT TO tenantstore_tenant USING (true)",
        "",
        [("policy-wide", "policy every on tickets")],
    ),
    (
        f"{_TICKETS} CREATE POLICY a ON tickets FOR SELECT TO tenantstore_tenant USING (customer_id IS NOT NULL);"
        "CREATE POLICY b ON tickets FOR INSERT WITH CHECK (lower(title) <> title OR 1 = 1);"
        "CREATE POLICY c ON tickets FOR UPDATE USING (customer_id = tenantstore_customer_id()) WITH CHECK (1 = 1)",
        "",
        [
            ("policy-wide", "policy a on tickets"),
            ("policy-wide", "policy b on tickets"),
            ("policy-wide", "policy c on tickets"),
        ],
    ),
    # Whoever asks is asked for, or nobody is let at anything.
    (
        f"{_TICKETS} CREATE POLICY a ON tickets FOR SELECT USING (customer_id = tenantstore_customer_id());"
        "CREATE POLICY b ON tickets FOR SELECT USING (title = current_setting('shop.title', true));"
        "CREATE POLICY c ON tickets FOR DELETE USING (EXISTS (SELECT FROM customers AS c WHERE c.id = customer_id));"
        "CREATE POLICY d ON tickets FOR INSERT WITH CHECK (title = current_user);"
        "CREATE POLICY e ON tickets FOR UPDATE USING (title = CURRENT_ROLE) WITH CHECK (false);"
        "CREATE POLICY f ON tickets FOR DELETE TO tenantstore_operator USING (true)",
        "",
        [],
    ),
    (
        f"{_TICKETS} CREATE POLICY every ON tickets FOR SELECT USING (true);"
        "CREATE POLICY theirs ON tickets AS RESTRICTIVE USING (customer_id = tenantstore_customer_id())",
        "",
        [],
    ),
    (
        "CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;"
        "CREATE FOREIGN TABLE invoices (customer_id uuid) SERVER elsewhere;"
        "CREATE FOREIGN TABLE rates (amount integer) SERVER elsewhere;"
        "GRANT SELECT ON invoices, rates TO tenantstore_tenant; GRANT SELECT ON invoices TO tenantstore_operator",
        "",
        [("grant-wide", "invoices")],
    ),
    (f"{_TICKETS} CREATE TABLE answers (ticket_id uuid REFERENCES tickets (id))", "", [("rls-off", "answers")]),
    (
        "CREATE TABLE notes (body text); GRANT SELECT (body) ON notes TO tenantstore_tenant",
        "",
        [("rls-off", "notes")],
    ),
    (f"{_TICKETS} GRANT SELECT ON tickets TO app", "", [("grant-stray", "tickets")]),
    (f"{_TICKETS} GRANT SELECT (title) ON tickets TO PUBLIC", "", [("grant-public", "tickets")]),
    (f"{_TICKETS} GRANT SELECT, TRUNCATE ON tickets TO tenantstore_tenant", "", [("grant-wide", "tickets")]),
    (f"{_TICKETS} CREATE VIEW titles AS SELECT t.title FROM tickets AS t", "", [("view-definer", "titles")]),
    (f"{_TICKETS} ALTER TABLE tickets OWNER TO app", "", [("login-owner", "app"), ("owner-differs", "tickets")]),
]
