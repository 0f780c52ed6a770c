"""Numbered migrations, up and down."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tenantstore.queries.scanner import Kind, tokens
from tenantstore.resources import folder as resource

_FILE = re.compile(r"(?P<version>[0-9]+)_(?P<name>[\w.-]+)\.(?P<direction>up|down)\.sql")


def up(dsn: str, folder: Path | None = None) -> None:
    """Apply every file that is not applied yet, in order."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        _prepare(connection)
        done = _applied(connection)
        for version, path in sorted(_files(folder, "up").items()):
            if version not in done:
                _run(connection, path, "INSERT INTO tenantstore_migrations (version, name) VALUES (%s, %s)", version)


def down(dsn: str, folder: Path | None = None, count: int = 1) -> None:
    """Undo the last ``count`` files."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        _prepare(connection)
        files = _files(folder, "down")
        for version in sorted(_applied(connection), reverse=True)[:count]:
            _run(
                connection,
                files[version],
                "DELETE FROM tenantstore_migrations WHERE (version, name) = (%s, %s)",
                version,
            )


def _prepare(connection: psycopg.Connection[tuple[int]]) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS tenantstore_migrations (version bigint PRIMARY KEY, name text NOT NULL)"
    )


def _applied(connection: psycopg.Connection[tuple[int]]) -> set[int]:
    return {version for (version,) in connection.execute("SELECT version FROM tenantstore_migrations")}


def _files(folder: Path | None, direction: str) -> dict[int, Path]:
    found = {path: _FILE.fullmatch(path.name) for path in (folder or resource("migrations")).iterdir()}
    return {int(match["version"]): path for path, match in found.items() if match and match["direction"] == direction}


def _run(connection: psycopg.Connection[tuple[int]], path: Path, record: str, version: int) -> None:
    text = path.read_text("utf-8-sig")
    name = path.name.split("_", 1)[1].removesuffix(".sql").rsplit(".", 1)[0]
    if re.match(r"-- no-transaction\b", text):
        for statement in _statements(text):
            connection.execute(statement.encode())
        connection.execute(record.encode(), [version, name])
    else:
        with connection.transaction():
            connection.execute(text.encode())
            connection.execute("RESET ALL")
            connection.execute(record.encode(), [version, name])


def _statements(text: str) -> Iterator[str]:
    start = 0
    for token in tokens(text):
        if token.kind is Kind.SEMICOLON:
            yield text[start : token.end]
            start = token.end
