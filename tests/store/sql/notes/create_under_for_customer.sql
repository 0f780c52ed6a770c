-- The note as stored, below another.
-- scope: tenant
INSERT INTO notes (customer_id, body, parent_id)
VALUES (:customer_id, :body, :parent_id)
RETURNING id, customer_id, body, number, at;
