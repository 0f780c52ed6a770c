-- Alerts about phones that went offline; and the plain passwords that were kept so far are forgotten.

ALTER TABLE users ADD COLUMN webhook_url text;

ALTER TABLE devices ADD COLUMN last_offline_alert_at timestamptz;

ALTER TABLE proxy_connections
    ALTER COLUMN password_plain DROP NOT NULL,
    ALTER COLUMN password_plain DROP DEFAULT;

UPDATE proxy_connections SET password_plain = NULL;
