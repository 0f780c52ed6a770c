-- The loan, which has ended. A row of Loan.
-- scope: tenant
UPDATE loans AS l
SET returned_at = :returned_at
FROM books AS b
WHERE l.id = :loan_id AND b.id = l.book_id AND b.branch = :customer_id
RETURNING
    l.id,
    b.title,
    l.borrower,
    l.due_on,
    l.returned_at,
    l.notes;
