-- Loses nothing that the shares and the customers do not say, and how far the port sequence had come.

DROP TRIGGER customers_suspended ON customers;
DROP TRIGGER device_shares_suspended ON device_shares;
DROP TRIGGER device_shares_access_lists ON device_shares;

DROP FUNCTION tenantstore_customer_suspended();
DROP FUNCTION tenantstore_refresh_suspended(uuid);
DROP FUNCTION tenantstore_share_suspended();
DROP FUNCTION tenantstore_share_changed();
DROP FUNCTION tenantstore_refresh_access_lists(uuid);

DROP FUNCTION tenantstore_next_base_port();
DROP SEQUENCE devices_base_port_seq;

ALTER TABLE device_shares DROP COLUMN suspended;

ALTER TABLE devices
    DROP COLUMN viewers,
    DROP COLUMN renamers,
    DROP COLUMN rotators;
