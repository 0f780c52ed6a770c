-- The new customer, who can log in. A row of Customer.
-- scope: operator
INSERT INTO customers AS c (name, email, password_hash, email_verified)
VALUES (:name, :email, :password_hash, :email_verified)
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
