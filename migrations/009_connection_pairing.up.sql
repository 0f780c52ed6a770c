-- A code that replaces a phone: the connections of this one go to the one that claims it.

ALTER TABLE pairing_codes ADD COLUMN reassign_device_id uuid REFERENCES devices ON DELETE SET NULL;
