-- All users, by name. Rows of User. No index: the whole table.
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
ORDER BY u.name, u.id;
