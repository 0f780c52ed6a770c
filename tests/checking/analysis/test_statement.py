"""Statements resolved by the servers that will run them."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from tenantstore.checking.analysis import Node, NotAnalysed, Schema, analyse, statement, walk
from tenantstore.queries import CATALOG
from tenantstore.testing import Server

Look = Connection[tuple[Any, ...]]


@pytest.fixture
def look(migrated: str) -> Iterator[Look]:
    with psycopg.connect(migrated, autocommit=True) as connection:
        yield connection


def test_parameters_outputs_and_uses_are_those_of_the_server(look: Look) -> None:
    schema = Schema(look)

    analysis = analyse(look, "SELECT u.email AS mail, 1 FROM users AS u WHERE u.id = $1")

    assert (
        [schema.types[oid].name for oid in analysis.parameters],
        [(output.name, schema.types[output.type].name) for output in analysis.outputs],
        {(schema.relations[use.relation].name, use.column) for use in analysis.uses},
        analysis.tree.tag,
    ) == (["uuid"], [("mail", "character varying"), ("?column?", "integer")], {("users", 1), ("users", 2)}, "QUERY")


def test_more_parameters_than_a_function_has_arguments_are_resolved_as_fewer_are(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = (
        "SELECT $$ $4 $$, '$5' FROM users AS u WHERE u.id = $1 AND u.email IN ($2, $3) AND 1 = ($4::int[])[1] LIMIT $5"
    )
    places = "SELECT u.id FROM users AS u WHERE u.email IN (" + ", ".join(f"${n}" for n in range(1, 102)) + ")"
    resolved = analyse(look, few)
    monkeypatch.setattr(statement, "_MOST_ARGUMENTS", 2)
    of_a_row = analyse(look, few)
    monkeypatch.undo()

    assert [_without_places(each.tree) for each in (of_a_row, resolved)] == [_without_places(resolved.tree)] * 2
    assert (of_a_row.uses, of_a_row.parameters, len(analyse(look, places).parameters)) == (
        resolved.uses,
        resolved.parameters,
        101,
    )


def _without_places(tree: Node) -> str:
    for node in walk(tree):
        for name in ("location", "stmt_len", "list_start", "list_end"):
            node.fields.pop(name, None)
    return repr(tree)


@pytest.mark.parametrize("name", list(CATALOG))
def test_every_query_of_ours_is_analysed(look: Look, name: str) -> None:
    source = CATALOG.source(name)

    assert len(analyse(look, source.sql).parameters) == len(source.parameters)


@pytest.mark.parametrize(
    ("sql", "offset"),
    [
        ("SELECT 'ä', idd FROM devices", 12),
        ("SELECT FROM nothing", 12),
        ("SELEC 1", 0),
        ("SELECT id FROM devices)", 22),
    ],
)
def test_what_the_server_refuses_is_told_with_its_place(look: Look, sql: str, offset: int) -> None:
    with pytest.raises(NotAnalysed) as refused:
        analyse(look, sql)

    assert refused.value.offset == offset


def test_nothing_is_left_behind(look: Look) -> None:
    analyse(look, "SELECT 1")

    assert look.execute("SELECT FROM pg_proc WHERE proname = 'tenantstore_check'").fetchall() == []


def test_what_ends_the_body_of_a_function_is_no_statement_by_itself(look: Look) -> None:
    with pytest.raises(NotAnalysed):
        analyse(look, "END")

    assert look.execute("SELECT FROM pg_proc WHERE proname = 'tenantstore_check'").fetchall() == []


def test_a_schema_knows_keys_references_and_views(look: Look) -> None:
    schema = Schema(look)
    shares = schema.names["device_shares"]

    assert (
        {(key.index, key.columns) for key in shares.keys},
        {
            (reference.name, schema.relations[reference.relation].name)
            for reference in schema.names["devices"].references
        },
        schema.view(schema.names["connection_passwords"].oid).tag,
    ) == (
        {("device_shares_pkey", (1,)), ("device_shares_device_id_shared_with_key", (2, 4))},
        {("devices_customer_id_fkey", "customers"), ("devices_relay_server_id_fkey", "relay_servers")},
        "QUERY",
    )


def test_15_writes_what_18_does(server15: Server) -> None:
    with psycopg.connect(server15.dsn(), autocommit=True) as look:
        analysis = analyse(look, "SELECT o.oid FROM pg_class AS o WHERE o.relname = $1")

    assert [entry.relkind for entry in analysis.tree.rtable] == ["r"]
