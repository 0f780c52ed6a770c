-- Loses the logins of customers.

DROP TABLE customer_auth_tokens;

ALTER TABLE customers
    DROP COLUMN password_hash,
    DROP COLUMN email_verified,
    DROP COLUMN google_id,
    DROP COLUMN google_email;
