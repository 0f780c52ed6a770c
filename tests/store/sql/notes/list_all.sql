-- All notes in the order of their numbers.
-- scope: operator
SELECT
    n.id,
    n.customer_id,
    n.body,
    n.number,
    n.at
FROM notes AS n
ORDER BY n.number, n.id;
