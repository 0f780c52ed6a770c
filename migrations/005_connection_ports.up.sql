-- Connections with ports of their own, and phones with a description.

-- lint: index-build every database that holds connections has this behind it, from a time when they were few
-- lint: unique-customer a port is the host's, and the operator's to give; no tenant names one
ALTER TABLE proxy_connections
    ADD COLUMN base_port integer UNIQUE,
    ADD COLUMN http_port integer,
    ADD COLUMN socks5_port integer;

-- lint: several-tables both columns are entries in the catalogs, and the lock timeout bounds the wait
ALTER TABLE devices ADD COLUMN description text NOT NULL DEFAULT '';
