-- Loses no data.

DROP FUNCTION tenantstore_clear_connections(uuid);
DROP TRIGGER devices_owner_changed ON devices;
DROP FUNCTION tenantstore_owner_changed();
