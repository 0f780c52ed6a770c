"""Every kind of statement, on empty tables: what it was seen to do, and what of that is a finding."""

import pytest

from tenantstore.migrate.lint import lint
from tenantstore.testing import Server
from tests.migrate.conftest import MakeFolder
from tests.migrate.kinds import KINDS

_WORLD = """
CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE other (id integer PRIMARY KEY);
CREATE TABLE t (
    id integer PRIMARY KEY,
    a integer,
    v varchar(10),
    c integer,
    parent_id integer,
    CONSTRAINT c_is_there CHECK (c IS NOT NULL)
);
ALTER TABLE t ADD CONSTRAINT unproved CHECK (a > 0) NOT VALID;
CREATE INDEX v_idx ON t (v);
CREATE UNIQUE INDEX ready_idx ON t (c);
CREATE TABLE logs (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE logs_2020 PARTITION OF logs FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM t;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"""


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_statement_does_is_seen_on_empty_tables(any_server: Server, folder: MakeFolder, kind: str) -> None:
    text, seen, codes = KINDS[kind]
    where = folder({"001_world": _WORLD, "002_kind": f"{text};\n"})

    report = lint(where, any_server.dsn())

    told = [str(each).partition(": ")[2] for each in report.observed if each.script.path.name == "002_kind.up.sql"]
    assert ("\n".join(told).replace("public.", "").replace("Lock", ""), [each.code for each in report.findings]) == (
        seen,
        codes,
    )
