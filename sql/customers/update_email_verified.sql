-- The customer, whose e-mail is verified or not. A row of Customer. Index: customers_pkey.
-- scope: operator
UPDATE customers AS c
SET email_verified = :email_verified, updated_at = now()
WHERE c.id = :customer_id
RETURNING
    c.id,
    c.name,
    c.email,
    c.active,
    c.created_at,
    c.updated_at,
    c.password_hash,
    c.email_verified,
    c.google_id,
    c.google_email;
