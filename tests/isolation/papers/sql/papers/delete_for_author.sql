-- Removes a paper of the customer's.
-- scope: tenant
DELETE FROM papers AS p WHERE p.id = :paper_id AND p.author_id = :customer_id;
