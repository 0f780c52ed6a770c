-- Up to 17 a table's own constraint need not be that of the tables that inherit from it.
ALTER TABLE ONLY animals ALTER COLUMN legs SET NOT NULL;
