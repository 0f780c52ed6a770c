-- How many notes were made.
-- scope: operator
INSERT INTO notes (customer_id, body, number)
SELECT
    :owner_id,
    repeat('x', 1000) || i,
    i
FROM generate_series(1, :total) AS s (i);
