-- Loses how often each phone rotates.

ALTER TABLE devices DROP COLUMN auto_rotate_minutes;
