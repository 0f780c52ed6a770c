-- Loses webhooks and when alerts were sent. The passwords that the up file forgot do not come back: they read ''.

UPDATE proxy_connections SET password_plain = '' WHERE password_plain IS NULL;

ALTER TABLE proxy_connections
    ALTER COLUMN password_plain SET DEFAULT '',
    ALTER COLUMN password_plain SET NOT NULL;

ALTER TABLE devices DROP COLUMN last_offline_alert_at;

ALTER TABLE users DROP COLUMN webhook_url;
