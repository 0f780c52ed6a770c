-- Connections with ports of their own, and phones with a description.

ALTER TABLE proxy_connections
    ADD COLUMN base_port integer UNIQUE,
    ADD COLUMN http_port integer,
    ADD COLUMN socks5_port integer;

ALTER TABLE devices ADD COLUMN description text NOT NULL DEFAULT '';
