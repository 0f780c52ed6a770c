"""The fixtures live in ``fix_*.py``, a topic each."""

pytest_plugins = [
    "tests.fix_server",
    "tests.fix_fleet",
    "tests.fix_pgbouncer",
    "tenantstore.testing.fixtures.isolation",
]
