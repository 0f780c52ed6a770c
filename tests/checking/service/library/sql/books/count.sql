-- How many books there are, in all branches: the licence is paid by that.
-- scope: operator
SELECT count(*) AS books
FROM books AS b;
