INSERT INTO branches (id, name)
SELECT md5('branch' || n)::uuid, 'Branch ' || n FROM generate_series(1, 1000) AS n;

INSERT INTO books (id, branch, number, title)
SELECT
    md5('book' || n)::uuid,
    md5('branch' || CASE WHEN n % 100 = 0 THEN 1 ELSE n % 999 + 2 END)::uuid,
    lpad(n::text, 13, '0'),
    md5(n::text)
FROM generate_series(1, 20000) AS n;

INSERT INTO loans (id, book_id, borrower, due_on)
SELECT md5('loan' || n)::uuid, md5('book' || n)::uuid, 'Ann', '2024-01-01'
FROM generate_series(1, 20000) AS n;
