-- Loses nothing. What room there is stays until rows fill it.
ALTER TABLE devices RESET (fillfactor);
