-- Change a password. One User. Index: users_pkey.
-- scope: operator
UPDATE users AS u
SET
    password_hash = :password_hash,
    updated_at = now()
WHERE u.id = :user_id
RETURNING
    u.id,
    u.email,
    u.password_hash,
    u.name,
    u.role,
    u.created_at,
    u.updated_at,
    u.webhook_url;
