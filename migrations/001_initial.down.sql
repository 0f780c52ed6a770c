-- Loses everything.

DROP TABLE device_commands;
DROP TABLE bandwidth_logs;
DROP TABLE ip_history;
DROP TABLE proxy_connections;
DROP TABLE customers;
DROP TABLE devices;
DROP TABLE users;
