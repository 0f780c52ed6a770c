-- How many of the branch's books are in that condition now.
-- scope: tenant
UPDATE books AS b
SET condition = :condition
WHERE b.id = :book_id AND b.branch = :customer_id;
