-- The user with exactly this e-mail, case included.
-- One User or none. Index: users_email_key.
-- scope: operator
SELECT
    u.id,
    u.email,
    u.password_hash,
    u.name,
    u.role,
    u.created_at,
    u.updated_at,
    u.webhook_url
FROM users AS u
WHERE u.email = :email;
