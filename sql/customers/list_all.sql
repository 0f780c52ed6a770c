-- All customers by name, then id. Rows of Customer.
-- scope: operator
SELECT
    c.id,
    c.name,
    c.email,
    c.active,
    c.created_at,
    c.updated_at,
    c.password_hash,
    c.email_verified,
    c.google_id,
    c.google_email
FROM customers AS c
ORDER BY c.name, c.id;
