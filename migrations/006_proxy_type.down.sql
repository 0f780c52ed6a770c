-- Loses protocols and plain passwords.

ALTER TABLE proxy_connections
    DROP COLUMN proxy_type,
    DROP COLUMN password_plain;
