-- Loses no data.

DROP FUNCTION tenantstore_clear_connections(uuid);
