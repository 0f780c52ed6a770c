-- One note, or none.
-- scope: tenant
SELECT
    n.id,
    n.customer_id,
    n.body,
    n.number,
    n.at
FROM notes AS n
WHERE n.id = :note_id AND n.customer_id = :customer_id;
