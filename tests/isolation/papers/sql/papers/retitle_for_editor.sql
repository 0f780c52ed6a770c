-- Another title for a paper that the customer wrote or may edit. A row of Paper.
-- scope: tenant
UPDATE papers AS p
SET title = :title
WHERE
    p.id = :paper_id
    AND (p.author_id = :customer_id OR :customer_id = ANY (p.editors))
RETURNING p.id, p.author_id, p.slug, p.title;
