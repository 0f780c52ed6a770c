-- Loses everything.
DROP TABLE shelves;
DROP TABLE loans;
DROP TABLE books;
DROP TABLE branches;
DROP DOMAIN isbn;
DROP TYPE condition;
