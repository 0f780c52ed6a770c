-- The relay servers that are in service, by name. Rows of RelayServer. No index: the whole table.
-- scope: operator
SELECT
    r.id,
    r.name,
    r.ip,
    r.location,
    r.active,
    r.created_at,
    r.updated_at
FROM relay_servers AS r
WHERE r.active
ORDER BY r.name, r.id;
