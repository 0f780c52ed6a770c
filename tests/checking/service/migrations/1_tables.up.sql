-- Branches of a library, their books, and who has which.
CREATE TYPE condition AS ENUM ('new', 'worn', 'lost');
CREATE DOMAIN isbn AS text CHECK (VALUE ~ '^[0-9]{13}$');

CREATE TABLE branches (
    id uuid PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE books (
    id uuid PRIMARY KEY,
    branch uuid NOT NULL REFERENCES branches (id),
    number isbn NOT NULL,
    title text NOT NULL,
    subtitle text,
    condition condition NOT NULL DEFAULT 'new',
    keywords text[] NOT NULL DEFAULT '{}',
    price numeric,
    UNIQUE (branch, number)
);

CREATE TABLE loans (
    id uuid PRIMARY KEY,
    book_id uuid NOT NULL REFERENCES books (id),
    borrower text NOT NULL,
    due_on date NOT NULL,
    returned_at timestamptz,
    notes jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX loans_book_id_idx ON loans (book_id);

CREATE TABLE shelves (
    code text PRIMARY KEY,
    floor integer NOT NULL
);
