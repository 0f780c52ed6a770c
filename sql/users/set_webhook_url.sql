-- Set where the user's alerts go; null for nowhere. One User. Index: users_pkey.
-- scope: operator
UPDATE users AS u
SET
    webhook_url = :webhook_url,
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
