-- A note for somebody else, which row-level security refuses.
-- scope: tenant
INSERT INTO notes (customer_id, body)
SELECT
    :owner_id::uuid,
    'of ' || :customer_id::text
RETURNING id, customer_id, body, number, at;
