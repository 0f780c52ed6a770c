-- How many connections are active. One value.
-- scope: operator
SELECT count(*) AS connections
FROM proxy_connections AS c
WHERE c.active;
