-- Removes any paper.
-- scope: operator
DELETE FROM papers AS p WHERE p.id = :paper_id;
