-- One paper that the customer wrote or may read. A row of Paper.
-- scope: tenant
SELECT
    p.id,
    p.author_id,
    p.slug,
    p.title
FROM papers AS p
WHERE
    p.id = :paper_id
    AND (p.author_id = :customer_id OR :customer_id = ANY (p.readers));
