-- The customer's notes in the order of their numbers.
-- scope: tenant
SELECT
    n.id,
    n.customer_id,
    n.body,
    n.number,
    n.at
FROM notes AS n
WHERE n.customer_id = :customer_id
ORDER BY n.number, n.id;
