-- The branch's books that have one of the keywords, by title. Rows of Book.
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
WHERE b.branch = :customer_id AND b.keywords && :keywords
ORDER BY b.title, b.id;
