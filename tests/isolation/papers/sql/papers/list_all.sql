-- Every paper, by slug. Rows of Paper.
-- scope: operator
SELECT
    p.id,
    p.author_id,
    p.slug,
    p.title
FROM papers AS p
ORDER BY p.slug, p.id;
