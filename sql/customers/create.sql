-- The new customer, who cannot log in yet. A row of Customer.
-- scope: operator
INSERT INTO customers AS c (name, email)
VALUES (:name, :email)
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
