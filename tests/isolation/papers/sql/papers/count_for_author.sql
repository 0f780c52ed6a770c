-- How many papers the customer wrote.
-- scope: tenant
SELECT count(*) FROM papers AS p WHERE p.author_id = :customer_id;
