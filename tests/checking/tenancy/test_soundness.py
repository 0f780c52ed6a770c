"""What is proven shows nothing of anybody else's, tried by running it where no policy is in force.

Random statements, each proven or not; those that are, and the well-scoped ones of the corpus, are run by a superuser in
databases that differ in everything that Ada may not see, and must give the same rows.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from tenantstore.checking.analysis import NotAnalysed, Schema, analyse
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.tenancy import prove
from tenantstore.testing import Server
from tests.checking.tenancy.grammar import Grammar
from tests.checking.tenancy.marked import numbered
from tests.checking.tenancy.scoped import SCOPED
from tests.checking.tenancy.worlds import ADA, DEVICES, fill

STATEMENTS = 20_000 if os.environ.get("TENANTSTORE_SOAK") else 250
_FLEET = "CREATE VIEW fleet WITH (security_invoker) AS SELECT d.id, d.name, d.customer_id FROM devices AS d"
#: One of Ada's, one that is shared with her without a permission, one that she does not see.
_ASKED = (DEVICES[0], DEVICES[3], DEVICES[6])
_CHOSEN: Mapping[str, Any] = {
    "name": "a", "username": "a", "type": "reboot", "payload": Jsonb({}), "limit": 5, "minutes": 5, "title": "t",
    "token": "t", "code": "c", "password_hash": "h", "other": DEVICES[9],
}  # fmt: skip


@pytest.fixture(scope="module")
def worlds(server: Server, migrated_template: str) -> Iterator[list[Connection[Any]]]:
    names = [f"world_{number}" for number in range(3)]
    connections = []
    for number, name in enumerate(names):
        server.create_database(name, migrated_template)
        connection = psycopg.connect(server.dsn(name), autocommit=True)
        connection.execute(_FLEET.encode())
        connection.execute("SET statement_timeout = '10s'")
        fill(connection, number + 1)
        connections.append(connection)
    yield connections
    for connection, name in zip(connections, names, strict=True):
        connection.close()
        server.drop_database(name)


def outcome(connection: Connection[Any], sql: str, parameters: Mapping[str, Any]) -> list[str] | None:
    """The rows in an order of their own; None where it fails, as a look at rows that are left out later may."""
    text = re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", sql.replace("%", "%%"))
    try:
        with connection.transaction(force_rollback=True):
            return sorted(map(repr, connection.execute(text.encode(), parameters).fetchall()))
    except psycopg.Error:
        return None


def differs(worlds: list[Connection[Any]], sql: str) -> bool:
    """Whether what Ada gets depends on what she may not see."""
    for device in _ASKED:
        asked = dict.fromkeys(("device_id", "id", "share_id", "after", "after_id"), device)
        parameters = {**_CHOSEN, **asked, "customer_id": ADA}
        results = [outcome(world, sql, parameters) for world in worlds]
        if None not in results and any(each != results[0] for each in results):
            return True
    return False


def test_a_proven_statement_shows_nothing_of_others(worlds: list[Connection[Any]]) -> None:
    schema = Schema(worlds[0])
    counts: Counter[tuple[str, bool]] = Counter()
    unsound = []
    for seed in range(STATEMENTS):
        text = Grammar(seed).query()
        sql, parameters = numbered(text)
        try:
            analysis = analyse(worlds[0], sql)
        except NotAnalysed:
            continue
        verdict = "refused" if prove(analysis, schema, OWNERSHIP, parameters) else "proven"
        shows = differs(worlds, text)
        counts[verdict, shows] += 1
        if shows and verdict == "proven":
            unsound.append((seed, text))
    print(dict(counts))

    assert (unsound, counts["proven", False] > 0, counts["refused", True] > 0) == ([], True, True)


@pytest.mark.parametrize("text", [each for each in SCOPED if each.startswith(("SELECT", "WITH"))])
def test_a_well_scoped_query_shows_nothing_of_others(worlds: list[Connection[Any]], text: str) -> None:
    assert not differs(worlds, text)
