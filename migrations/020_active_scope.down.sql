-- Loses no data. A library that enters a scope by it must be older again first.

DROP FUNCTION tenantstore_active_scope();
DROP VIEW active_scope;
