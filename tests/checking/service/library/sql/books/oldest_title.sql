-- A title that comes first, of one branch or of all: for the front page.
-- scope: operator
SELECT b.title
FROM books AS b
WHERE b.branch = coalesce(:branch, b.branch)
ORDER BY b.title, b.id
LIMIT 1;
