-- The server process behind the connection.
-- scope: operator
SELECT pg_backend_pid() AS pid;
