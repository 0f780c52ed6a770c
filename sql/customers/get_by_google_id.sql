-- The customer whom that Google account is linked to. A row of Customer. Index: customers_google_id_key.
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
WHERE c.google_id = :google_id;
