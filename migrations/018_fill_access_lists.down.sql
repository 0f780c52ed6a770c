-- Loses nothing: 013 takes the lists away. The shares that the up file deleted were never valid, and do not come back.
-- The two constraints become what 017 made them: nothing says any more that the old rows were checked.

ALTER TABLE device_shares
    DROP CONSTRAINT device_shares_shared_with_check,
    DROP CONSTRAINT device_shares_device_id_owner_id_fkey;

ALTER TABLE device_shares ADD CONSTRAINT device_shares_shared_with_check CHECK (owner_id <> shared_with) NOT VALID;

ALTER TABLE device_shares
    ADD CONSTRAINT device_shares_device_id_owner_id_fkey
    FOREIGN KEY (device_id, owner_id) REFERENCES devices (id, customer_id) ON DELETE CASCADE NOT VALID;
