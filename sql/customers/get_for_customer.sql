-- The customer's own row, without what only the login of customers reads. A row of Customer. Index: customers_pkey.
-- scope: tenant
SELECT
    c.id,
    c.name,
    c.email,
    c.active,
    c.created_at,
    c.updated_at,
    NULL::text AS password_hash,
    c.email_verified,
    NULL::text AS google_id,
    c.google_email
FROM customers AS c
WHERE c.id = :customer_id;
