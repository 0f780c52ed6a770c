"""Folders of migrations, an empty database on the newest and on the oldest server, and the command line."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore.cli import main
from tenantstore.testing import Server

_numbers = count(1)

Texts = str | bytes | tuple[str | bytes, str | bytes]
MakeFolder = Callable[[Mapping[str, Texts]], Path]
Process = subprocess.Popen[str]
Start = Callable[..., Process]
Run = Callable[..., tuple[int, str, str]]
PAIRS = {"1_a": ("CREATE TABLE a ();", "DROP TABLE a;"), "2_b": ("CREATE TABLE b ();", "DROP TABLE b;")}


@pytest.fixture(params=["server", pytest.param("server15", id="15")], ids=lambda name: "18")
def any_server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def dsn(any_server: Server) -> Iterator[str]:
    """An empty database, as the superuser."""
    name = f"migrate_{next(_numbers)}"
    any_server.create_database(name)
    yield any_server.dsn(name)
    any_server.drop_database(name)


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A look from outside."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> MakeFolder:
    """Write pairs into the test's folder: ``NNN_name`` to the up text, or to the texts of up and down."""

    def write(pairs: Mapping[str, Texts]) -> Path:
        where = tmp_path / "migrations"
        where.mkdir(exist_ok=True)
        for stem, texts in pairs.items():
            up, down = texts if isinstance(texts, tuple) else (texts, "SELECT 1;\n")
            for direction, text in (("up", up), ("down", down)):
                (where / f"{stem}.{direction}.sql").write_bytes(text if isinstance(text, bytes) else text.encode())
        return where

    return write


@pytest.fixture
def two(folder: MakeFolder) -> Path:
    """Two pairs that cannot be run twice."""
    return folder(
        {"1_a": ("CREATE TABLE a (b int);", "DROP TABLE a;"), "2_b": ("CREATE TABLE b (c int);", "DROP TABLE b;")}
    )


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command: exit code, stdout, stderr, with the times in them made equal."""
    monkeypatch.delenv("TENANTSTORE_DSN", raising=False)

    def tell(*arguments: str | Path) -> tuple[int, str, str]:
        try:
            code = main(["migrate", *map(str, arguments)])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = (re.sub(r"\b\d+ ms", "N ms", text) for text in capfd.readouterr())
        return code, out, err

    return tell


@pytest.fixture
def given(dsn: str, folder: MakeFolder) -> list[str | Path]:
    """The options that name the database and a folder of two pairs."""
    return ["--dsn", dsn, "--dir", folder(PAIRS)]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start ``tenantstore migrate`` as a process of its own; what is left of it at the end is killed."""
    started: list[Process] = []

    def begin(*arguments: str | Path, **environment: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenantstore", "migrate", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def fingerprint(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Everything in ``public`` that migrations of these tests make, and the history: equal only for equal databases."""
    return connection.execute(_FINGERPRINT).fetchall() + _rows(connection)


def _rows(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    tables = connection.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relname = 'log'")
    rows = [row for (table,) in tables.fetchall() for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
    found = connection.execute("SELECT to_regclass('migration_history') IS NOT NULL").fetchone()
    if found and found[0]:
        rows += connection.execute(
            "SELECT version, name, up_checksum, down_checksum, progress FROM migration_history ORDER BY version"
        )
    return rows


_FINGERPRINT = """
SELECT c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'migration_history%'
UNION ALL
SELECT c.relname, 'index', pg_get_indexdef(c.oid), i.indisvalid::text, i.indisready::text
FROM pg_index AS i
INNER JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'migration_history%'
UNION ALL
SELECT o.conname, 'constraint', pg_get_constraintdef(o.oid), o.convalidated::text, ''
FROM pg_constraint AS o
WHERE o.connamespace = 'public'::regnamespace AND o.conname NOT LIKE 'migration_history%'
UNION ALL
SELECT t.typname, 'enum', e.enumlabel, e.enumsortorder::text, ''
FROM pg_enum AS e
INNER JOIN pg_type AS t ON t.oid = e.enumtypid
ORDER BY 2, 1, 3
"""


def wait_until(connection: psycopg.Connection[Any], query: str, *parameters: object) -> None:
    """Look again and again until the query gives a row."""
    deadline = time.monotonic() + 30
    while not connection.execute(query.encode(), parameters or None).rowcount:
        assert time.monotonic() < deadline, f"this never gave a row: {query}"
        time.sleep(0.01)
