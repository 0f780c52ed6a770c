"""Raw-SQL data access for multi-tenant PostgreSQL."""

__version__ = "0.1.0"
