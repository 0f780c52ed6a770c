"""A service with other names and another layout: people are members of organisations, which have documents."""

from collections.abc import Iterator

import psycopg
import pytest

from tenantstore.checking.analysis import Schema
from tenantstore.checking.tenancy import (
    EVERY,
    OWNER,
    Demand,
    Granted,
    Named,
    Table,
    TenantModel,
    Through,
    prove_policies,
)
from tenantstore.testing import Server
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.marked import findings, unmarked

_TABLES = """
CREATE TABLE people (id bigint PRIMARY KEY, email text UNIQUE, secret text);
CREATE TABLE orgs (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE members (
    org_id bigint NOT NULL REFERENCES orgs, person_id bigint NOT NULL REFERENCES people,
    can_edit boolean NOT NULL DEFAULT false, left_at timestamptz, gone boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, person_id)
);
CREATE TABLE projects (
    org_id bigint NOT NULL REFERENCES orgs, number int NOT NULL, name text NOT NULL, PRIMARY KEY (org_id, number)
);
CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, org_id bigint NOT NULL, project int NOT NULL,
    author bigint REFERENCES people, title text NOT NULL, slug text UNIQUE,
    FOREIGN KEY (org_id, project) REFERENCES projects (org_id, number), UNIQUE (org_id, project, title)
);
CREATE TABLE plans (code text PRIMARY KEY, price int);
CREATE TABLE notes (org_id bigint, body text);
CREATE ROLE member;
"""
_POLICIES = """
CREATE FUNCTION me() RETURNS bigint STABLE LANGUAGE sql RETURN current_setting('app.person')::bigint;
ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE people FORCE ROW LEVEL SECURITY;
ALTER TABLE members ENABLE ROW LEVEL SECURITY; ALTER TABLE members FORCE ROW LEVEL SECURITY;
ALTER TABLE orgs ENABLE ROW LEVEL SECURITY; ALTER TABLE orgs FORCE ROW LEVEL SECURITY;
ALTER TABLE projects ENABLE ROW LEVEL SECURITY; ALTER TABLE projects FORCE ROW LEVEL SECURITY;
ALTER TABLE documents ENABLE ROW LEVEL SECURITY; ALTER TABLE documents FORCE ROW LEVEL SECURITY;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON people FOR SELECT TO member USING (id = me());
CREATE POLICY own ON members FOR SELECT TO member USING (person_id = (SELECT me()) AND NOT gone);
CREATE POLICY mine ON orgs FOR SELECT TO member
    USING (id IN (SELECT m.org_id FROM members AS m
        WHERE m.person_id = current_setting('app.person')::bigint AND NOT m.gone));
CREATE POLICY mine ON projects FOR SELECT TO member
    USING (EXISTS (SELECT FROM members AS m WHERE m.org_id = projects.org_id AND m.person_id = me() AND NOT m.gone));
CREATE POLICY mine ON documents TO member
    USING (EXISTS (SELECT FROM projects AS p INNER JOIN members AS m USING (org_id)
        WHERE (p.org_id, p.number) = (documents.org_id, documents.project)
            AND m.person_id = me() AND m.can_edit AND NOT m.gone))
    WITH CHECK ((author IS NULL OR author = me()) AND EXISTS (SELECT FROM members AS m
        WHERE m.org_id = documents.org_id AND m.person_id = me() AND m.can_edit AND NOT m.gone));
"""
_MODEL = TenantModel(
    {
        "people": Table(rules=(Named("id", gives=(OWNER,)),), reads=("id", "email")),
        "members": Table(rules=(Named("person_id", unless=("gone",), flags=("can_edit",)),), reads=EVERY),
        "orgs": Table(rules=(Granted("members", "org_id"),), reads=EVERY),
        "projects": Table(rules=(Through("org_id", "orgs"),), reads=EVERY),
        "documents": Table(
            rules=(Through("org_id project", "projects", key="org_id number"),),
            reads=EVERY,
            inserts=("org_id", "project", "title", "slug", "author"),
            makes=(Demand("can_edit"),),
            updates={"title": "can_edit"},
            deletes="can_edit",
        ),
        "notes": Table(rules=(Through("org_id", "orgs"),), inserts=EVERY, makes=(Demand("can_edit"),)),
        "plans": Table(public=True, reads=EVERY),
    },
    asks=("me",),
    setting="app.person",
    role="member",
)
_MEMBER = "m.person_id = :customer_id AND NOT m.gone"

TEXTS = [
    f"SELECT o.name FROM orgs AS o INNER JOIN members AS m ON m.org_id = o.id WHERE {_MEMBER}",
    f"SELECT p.name FROM projects AS p INNER JOIN members AS m USING (org_id) WHERE {_MEMBER}",
    "SELECT d.title FROM documents AS d INNER JOIN projects AS p ON (p.org_id, p.number) = (d.org_id, d.project)"
    f" WHERE EXISTS (SELECT FROM members AS m WHERE m.org_id = p.org_id AND {_MEMBER})",
    "SELECT e.email, x.price FROM people AS e, plans AS x WHERE e.id = :customer_id",
    "INSERT INTO documents (org_id, project, title, author) SELECT p.org_id, p.number, :title, :customer_id"
    " FROM projects AS p INNER JOIN members AS m ON m.org_id = p.org_id INNER JOIN people AS e ON e.id = m.person_id"
    f" WHERE p.number = :project AND m.can_edit AND {_MEMBER}",
    "UPDATE documents AS d SET title = :title FROM projects AS p, members AS m WHERE d.org_id = p.org_id"
    f" AND d.project = p.number AND m.org_id = p.org_id AND m.can_edit AND {_MEMBER}",
    "SELECT {{column-secret|secret}} FROM people WHERE id = :customer_id",
    "SELECT o.name FROM {{tenant-missing|orgs}} AS o WHERE o.id = :customer_id",
    "SELECT m.org_id FROM {{share-suspended|members}} AS m WHERE m.person_id = :customer_id",
    "SELECT d.title FROM {{tenant-missing|documents}} AS d INNER JOIN projects AS p ON p.number = d.project"
    f" INNER JOIN members AS m ON m.org_id = p.org_id WHERE {_MEMBER}",
    "UPDATE {{permission|documents}} AS d SET title = :title FROM projects AS p, members AS m WHERE d.org_id = p.org_id"
    f" AND d.project = p.number AND m.org_id = p.org_id AND {_MEMBER}",
    "INSERT INTO documents (org_id, project, title) SELECT m.org_id, :project, :title FROM members AS m"
    f" WHERE m.can_edit AND {_MEMBER}",
    "INSERT INTO documents ({{reference|org_id}}, project, title) SELECT :org_id, :project, :title FROM members AS m"
    f" WHERE m.can_edit AND {_MEMBER}",
    "INSERT INTO documents (org_id, project, title, {{reference|author}}) SELECT m.org_id, :project, :title, :author"
    f" FROM members AS m WHERE m.can_edit AND {_MEMBER}",
    "INSERT INTO documents (org_id, project, title, {{unique|slug}}) SELECT p.org_id, p.number, :title, :slug"
    f" FROM projects AS p INNER JOIN members AS m ON m.org_id = p.org_id WHERE m.can_edit AND {_MEMBER}",
    f"INSERT INTO notes (org_id, body) SELECT m.org_id, :body FROM members AS m WHERE m.can_edit AND {_MEMBER}",
    "INSERT INTO {{insert-unbound|notes}} (org_id, body) SELECT :org_id, :body FROM members AS m WHERE m.can_edit AND"
    f" {_MEMBER}",
    f"INSERT INTO {{{{insert-right|notes}}}} (org_id, body) SELECT m.org_id, :body FROM members AS m WHERE {_MEMBER}",
    "DELETE FROM {{tenant-missing|documents}} AS d WHERE d.id = :id AND d.author = :customer_id",
    f"SELECT o.name FROM orgs AS o INNER JOIN members AS m ON m.org_id = o.id WHERE {_MEMBER}"
    " {{tenant-or,tenant-or|OR}} o.name = ''",
]


@pytest.fixture(scope="module")
def foreign(server: Server) -> Iterator[Look]:
    server.create_database("foreign_model")
    with psycopg.connect(server.dsn("foreign_model"), autocommit=True) as connection:
        connection.execute(_TABLES + _POLICIES)
        yield Look(connection, Schema(connection))
        connection.execute("DROP OWNED BY member; DROP ROLE member")
    server.drop_database("foreign_model")


@pytest.mark.parametrize("text", TEXTS)
def test_another_model_is_proven_and_its_leaks_are_found(foreign: Look, text: str) -> None:
    marked = unmarked(text)

    assert findings(foreign.connection, foreign.schema, _MODEL, marked) == marked.found


def test_policies_of_another_model_are_proven(foreign: Look) -> None:
    assert prove_policies(foreign.connection, foreign.schema, _MODEL) == []


def test_a_wide_policy_of_another_model_is_found(foreign: Look) -> None:
    with foreign.connection.transaction(force_rollback=True):
        foreign.connection.execute("ALTER POLICY mine ON projects USING (number > 0)")
        foreign.connection.execute("CREATE POLICY all_of_it ON documents FOR DELETE USING (author = me())")
        found = prove_policies(foreign.connection, foreign.schema, _MODEL)

    assert [each.problem for each in found] == [
        "policy all_of_it on documents is too wide for DELETE: documents is not bound to :customer_id",
        "policy mine on projects is too wide for SELECT: projects is not bound to :customer_id",
    ]
