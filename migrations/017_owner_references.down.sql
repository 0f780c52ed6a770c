-- Loses no data.

ALTER TABLE proxy_connections DROP CONSTRAINT proxy_connections_device_id_customer_id_fkey;

ALTER TABLE device_shares
    DROP CONSTRAINT device_shares_device_id_owner_id_fkey,
    DROP CONSTRAINT device_shares_shared_with_check;
