"""A service that is not ours: branches of a library are its tenants."""
