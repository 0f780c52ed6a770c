-- How many notes are gone.
-- scope: tenant
DELETE FROM notes AS n
WHERE n.customer_id = :customer_id;
