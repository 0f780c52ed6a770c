-- Entering a customer's scope to read looks for one row in a plan that is kept, where it called a function that runs a query.
--
-- A tenant that only reads enters, from now on, with
--
--     SELECT set_config('role', 'tenantstore_tenant', true),
--            set_config('tenantstore.customer_id', $1::uuid::text, true),
--            CASE WHEN NOT EXISTS (SELECT FROM tenantstore_active_scope()) THEN tenantstore_active_customer($1, false) END;
--
-- Where there is no row, for whatever reason, the function of 014 decides and refuses. It stays the way in for those who write.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- One row where the customer whose scope the transaction is in may be in it. PUBLIC may ask: the login role does, since the statement
-- that makes it a tenant is checked before it is one. The answer to anybody else is no row, and to a tenant what they may read of
-- their own row anyway. It is a barrier, lest a condition of the caller's count the customers.
CREATE VIEW active_scope WITH (security_barrier) AS
SELECT true AS entered
FROM customers AS c
WHERE
    c.id = nullif(current_setting('tenantstore.customer_id', true), '')::uuid
    AND c.active
    AND current_setting('role') = 'tenantstore_tenant';

GRANT SELECT ON TABLE active_scope TO PUBLIC;

-- Through this, and never by its name: a temporary table of that name would come first. Its body is bound to the view, and its call
-- becomes a part of the caller's plan.
CREATE FUNCTION tenantstore_active_scope() RETURNS SETOF boolean
LANGUAGE sql
STABLE
PARALLEL SAFE
BEGIN ATOMIC
    SELECT true FROM active_scope;
END;

GRANT EXECUTE ON FUNCTION tenantstore_active_scope() TO PUBLIC;

-- The view reads as the operator, as connection_passwords does, who may create things here only until it has changed hands.
DO $$
BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO tenantstore_operator', current_schema());
    ALTER VIEW active_scope OWNER TO tenantstore_operator;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM tenantstore_operator', current_schema());
END
$$;
