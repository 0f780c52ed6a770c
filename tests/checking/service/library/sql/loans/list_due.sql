-- What is out and due, the longest due first. Rows of Loan.
-- scope: tenant
SELECT
    l.id,
    b.title,
    l.borrower,
    l.due_on,
    l.returned_at,
    l.notes
FROM loans AS l
INNER JOIN books AS b ON b.id = l.book_id
WHERE b.branch = :customer_id AND l.returned_at IS NULL AND l.due_on < :before
ORDER BY l.due_on, l.id;
