-- The customer of that e-mail in whatever case: the exact one before others, then the oldest. A row of Customer. Index:
-- customers_lower_idx.
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
WHERE lower(c.email) = lower(:email)
ORDER BY c.email = :email DESC, c.created_at, c.id
LIMIT 1;
