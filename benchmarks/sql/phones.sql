-- So many rows that look like phones, made up on the spot. Rows of Phone, by number.
-- scope: operator
SELECT
    n AS number,
    gen_random_uuid() AS id,
    'phone ' || n AS name,
    now() - n * interval '1 second' AS created_at
FROM generate_series(1, :rows::integer) AS n
ORDER BY n;
