-- The note as stored, some time later.
-- scope: tenant
INSERT INTO notes (customer_id, body)
SELECT
    :customer_id,
    :body::text || pg_sleep(:seconds)::text
RETURNING id, customer_id, body, number, at;
