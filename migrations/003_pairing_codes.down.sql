-- Loses all pairing codes, and the tokens of the phones: each has to be paired again.

ALTER TABLE devices DROP COLUMN auth_token;

DROP TABLE pairing_codes;
