-- One User or none. Index: users_pkey.
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
WHERE u.id = :user_id;
