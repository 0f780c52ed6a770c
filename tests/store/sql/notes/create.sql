-- The note as stored.
-- scope: operator
INSERT INTO notes (customer_id, body, number)
VALUES (:owner_id, :body, :number)
RETURNING id, customer_id, body, number, at;
