-- The papers that the customer wrote or may read, by slug. Rows of Paper.
-- scope: tenant
SELECT
    p.id,
    p.author_id,
    p.slug,
    p.title
FROM papers AS p
WHERE
    p.author_id = :customer_id
    OR :customer_id = ANY (p.readers)
ORDER BY p.slug, p.id;
