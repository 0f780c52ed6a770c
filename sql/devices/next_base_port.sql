-- A base port that no device and no connection has, and that nobody else is given. One value.
-- scope: operator
-- not-null: base_port: the function draws numbers until one is free
SELECT tenantstore_next_base_port() AS base_port;
