-- A column that the tenant role may not read.
-- scope: tenant
SELECT n.secret
FROM notes AS n
WHERE n.customer_id = :customer_id;
