-- Which protocol a connection speaks, and its password in plain text, so that a configuration can be downloaded.

ALTER TABLE proxy_connections
    ADD COLUMN proxy_type text NOT NULL DEFAULT 'http',
    ADD COLUMN password_plain text NOT NULL DEFAULT '';
