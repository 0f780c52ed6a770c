-- The branch's copy. A row of Book. Index: books_branch_number_key.
-- scope: tenant
SELECT
    b.id,
    b.number,
    b.title,
    b.subtitle,
    b.condition::text AS condition,
    b.keywords,
    b.price
FROM books AS b
WHERE b.branch = :customer_id AND b.number = :number;
