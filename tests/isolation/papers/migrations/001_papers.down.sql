-- Loses all papers.
DROP TABLE papers;
