-- The role and the customer as which it runs.
-- scope: tenant
SELECT
    current_user::text AS role,
    current_setting('tenantstore.customer_id', true) AS customer,
    session_user::text AS login
WHERE :customer_id::uuid IS NOT NULL;
