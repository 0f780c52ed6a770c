-- Alerts about phones that went offline; and the plain passwords that were kept so far are forgotten.

ALTER TABLE users ADD COLUMN webhook_url text;

-- lint: several-tables all three changes are entries in the catalogs, and the lock timeout bounds the wait
ALTER TABLE devices ADD COLUMN last_offline_alert_at timestamptz;

-- lint: ban-drop-not-null null is what the column is to read from now on
-- lint: ban-drop-default see above
ALTER TABLE proxy_connections
    ALTER COLUMN password_plain DROP NOT NULL,
    ALTER COLUMN password_plain DROP DEFAULT;

-- lint: table-scan a password in plain text is to be gone when this is committed, not some steps later
UPDATE proxy_connections SET password_plain = NULL;
