-- A new member of staff. One User.
-- scope: operator
INSERT INTO users AS u (email, password_hash, name, role)
VALUES (:email, :password_hash, :name, :role)
RETURNING
    u.id,
    u.email,
    u.password_hash,
    u.name,
    u.role,
    u.created_at,
    u.updated_at,
    u.webhook_url;
