"""What a change leaves behind is not what its conditions were asked of, and more happens in one than its text says."""

from collections.abc import Iterator

import psycopg
import pytest

from tenantstore.checking.analysis import Schema
from tenantstore.checking.tenancy import ANY, EVERY, OWNER, Demand, Granted, Named, Table, TenantModel, Through
from tenantstore.testing import Server
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.marked import findings, unmarked

_TABLES = """
CREATE TABLE things (id uuid PRIMARY KEY, tenant uuid NOT NULL, name text NOT NULL);
CREATE TABLE docs (id uuid PRIMARY KEY, tenant uuid NOT NULL, thing uuid, title text);
CREATE TABLE members (id uuid PRIMARY KEY, person uuid NOT NULL, org uuid NOT NULL, edits boolean, sees boolean);
CREATE TABLE orgs (id uuid PRIMARY KEY, name text);
CREATE TABLE papers (id uuid PRIMARY KEY, org uuid NOT NULL, body text);
CREATE TABLE ruled (id uuid PRIMARY KEY, tenant uuid NOT NULL, name text);
CREATE RULE copied AS ON UPDATE TO ruled DO ALSO INSERT INTO docs SELECT id, tenant, NULL, name FROM things;
CREATE FUNCTION is_known(text) RETURNS boolean LANGUAGE sql STABLE RETURN EXISTS (
    SELECT FROM things WHERE name = $1);
CREATE OPERATOR ??? (FUNCTION = is_known, RIGHTARG = text);
CREATE DOMAIN known AS text CHECK (is_known(VALUE));
CREATE DOMAIN well_known AS known;
CREATE DOMAIN asked AS text CHECK (??? VALUE);
CREATE DOMAIN short AS text CHECK (length(VALUE) < 5);
"""
_OWNED = (Named("tenant", gives=(OWNER,)),)
_MADE = (Demand(OWNER),)
_FLAGS = {"sees": "edits", "edits": "edits"}
_MODEL = TenantModel(
    {
        "things": Table(_OWNED, reads=EVERY),
        "docs": Table(_OWNED, reads=EVERY, makes=_MADE, inserts=EVERY, updates={"thing": OWNER, "title": ANY}),
        "members": Table((Named("person", flags=("edits", "sees")),), reads=EVERY, updates=_FLAGS),
        "orgs": Table((Granted("members", "org"),), reads=EVERY),
        "papers": Table((Through("org", "orgs", demands="sees"),), reads=EVERY),
        "ruled": Table(_OWNED, reads=EVERY, updates={"name": OWNER}),
    }
)
_CHANGED = (
    "UPDATE docs AS d SET thing = :other WHERE d.tenant = :customer_id"
    " AND d.thing IN (SELECT t.id FROM things AS t WHERE t.tenant = :customer_id)"
)
_JOINED = "FROM u INNER JOIN {{tenant-missing|things}} AS x ON x.id = u.thing"
TEXTS = [
    # A column that was just changed is not the one that the condition was asked of.
    f"{_CHANGED} RETURNING (SELECT x.name FROM {{{{tenant-missing|things}}}} AS x WHERE x.id = d.thing)",
    f"WITH u AS ({_CHANGED} RETURNING d.thing) SELECT x.name {_JOINED}",
    f"WITH u AS ({_CHANGED} RETURNING (SELECT d.thing) AS thing) SELECT x.name {_JOINED}",
    f"WITH u AS ({_CHANGED} RETURNING d.thing, d.thing = :other AS same) SELECT x.name {_JOINED} WHERE u.same",
    "WITH u AS (UPDATE members AS m SET sees = true WHERE m.person = :customer_id AND m.edits RETURNING m.org, m.sees)"
    " SELECT p.id FROM u INNER JOIN {{permission|papers}} AS p ON p.org = u.org WHERE u.sees",
    # One that was not is, and what was put there is known.
    "UPDATE docs AS d SET title = '' WHERE d.tenant = :customer_id"
    " RETURNING (SELECT count(*) FROM things AS t WHERE t.tenant = d.tenant)",
    "WITH u AS (UPDATE docs AS d SET title = '' WHERE d.tenant = :customer_id RETURNING d.tenant, d.title)"
    " SELECT t.id FROM u INNER JOIN things AS t ON t.tenant = u.tenant",
    "UPDATE docs AS d SET thing = t.id FROM things AS t WHERE d.tenant = :customer_id AND t.tenant = d.tenant"
    " RETURNING (SELECT x.name FROM things AS x WHERE x.id = d.thing)",
    "WITH u AS (UPDATE members AS m SET edits = false WHERE m.person = :customer_id AND m.edits AND m.sees"
    " RETURNING m.org, m.sees) SELECT p.id FROM u INNER JOIN papers AS p ON p.org = u.org WHERE u.sees",
    # A rule makes another statement of this one.
    "UPDATE {{ruled|ruled}} AS r SET name = '' WHERE r.tenant = :customer_id",
    # A domain looks at what its checks look at.
    "SELECT :name::known AS name FROM docs AS d WHERE d.tenant = :customer_id",
    "SELECT d.title::well_known AS name FROM docs AS d WHERE d.tenant = :customer_id",
    "SELECT d.title::asked AS name FROM docs AS d WHERE d.tenant = :customer_id",
    "SELECT d.title::short AS name FROM docs AS d WHERE d.tenant = :customer_id",
]
#: The text names no function, only the domain.
_HIDDEN = {TEXTS[number]: [("function-unknown", "nowhere")] for number in (-4, -3, -2)}
_OLD = (
    f"{_CHANGED} RETURNING (SELECT t.name FROM things AS t WHERE t.id = old.thing) AS before,"
    " (SELECT x.name FROM {{tenant-missing|things}} AS x WHERE x.id = new.thing) AS after"
)


@pytest.fixture(scope="module")
def changed(server: Server) -> Iterator[Look]:
    server.create_database("changed")
    with psycopg.connect(server.dsn("changed"), autocommit=True) as connection:
        connection.execute(_TABLES)
        yield Look(connection, Schema(connection))
    server.drop_database("changed")


@pytest.mark.parametrize("text", [*TEXTS, _OLD])
def test_what_is_known_of_a_changed_row_is_what_it_was_left_as(changed: Look, text: str) -> None:
    marked = unmarked(text)

    assert findings(changed.connection, changed.schema, _MODEL, marked) == _HIDDEN.get(text, marked.found)
