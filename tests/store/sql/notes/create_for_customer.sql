-- The note as stored.
-- scope: tenant
INSERT INTO notes (customer_id, body, number, at)
VALUES (:customer_id, :body, :number, :at)
RETURNING id, customer_id, body, number, at;
