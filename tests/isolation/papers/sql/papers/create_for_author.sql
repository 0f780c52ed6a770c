-- A new paper of the customer's. A row of Paper.
-- scope: tenant
INSERT INTO papers (author_id, slug, title)
VALUES (:customer_id, :slug, :title)
RETURNING id, author_id, slug, title;
