"""Databases on a server, and its DSNs."""

import psycopg


def test_a_database_is_new_and_empty(database: str) -> None:
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()

    assert tables == [(0,)]
