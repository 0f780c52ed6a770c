-- Loses which phone a code replaces.

ALTER TABLE pairing_codes DROP COLUMN reassign_device_id;
