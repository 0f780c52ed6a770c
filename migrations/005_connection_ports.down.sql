-- Loses the ports of connections and the descriptions of phones.

ALTER TABLE devices DROP COLUMN description;

ALTER TABLE proxy_connections
    DROP COLUMN base_port,
    DROP COLUMN http_port,
    DROP COLUMN socks5_port;
