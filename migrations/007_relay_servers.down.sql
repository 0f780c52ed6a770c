-- Loses the relay servers, and which phone uses which.

ALTER TABLE pairing_codes DROP COLUMN relay_server_id;
ALTER TABLE devices DROP COLUMN relay_server_id;

DROP TABLE relay_servers;
