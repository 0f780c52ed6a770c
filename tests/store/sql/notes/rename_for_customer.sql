-- The note as stored.
-- scope: tenant
UPDATE notes AS n
SET body = :body
WHERE n.id = :note_id AND n.customer_id = :customer_id
RETURNING n.id, n.customer_id, n.body, n.number, n.at;
