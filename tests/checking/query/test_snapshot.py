"""A snapshot stands in for a database, says so when it no longer can, and reads well in a review."""

import re
from pathlib import Path

import pytest

from tenantstore.checking.query import snapshot
from tenantstore.checking.query.check import check, check_offline
from tenantstore.checking.query.facts import Column, Facts, OwnType, Parameter
from tenantstore.checking.query.project import Project, project
from tenantstore.migrate.errors import Misconfigured
from tests.checking.query.cases import CASES
from tests.checking.query.conftest import Service
from tests.checking.query.test_findings import files

USERS = "-- Rows.\n-- scope: operator\nSELECT u.id, u.name FROM users AS u WHERE u.name = :name;\n"
PYTHON = """\
@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    name: str


_LIST = catalog.many(User, "users/list")


def list_users(name: str):
    return _LIST(name=name)
"""
SNAPSHOT = """\
{
 "format": 1,
 "migrations": "e3b0c44298fc1c14",
 "model": "…",
 "queries": {
  "sql/users/list.sql": {
   "text": "…",
   "takes": [
    {"name": "name", "type": "text"}
   ],
   "gives": [
    {"name": "id", "type": "uuid"},
    {"name": "name", "type": "character varying"}
   ],
   "reads": {"users": ["id", "name"]}
  }
 }
}
"""


@pytest.fixture
def users(service: Service, with_types: str) -> Project:
    """A project with a snapshot of one query."""
    found = service({"users/list": USERS}, PYTHON)
    check(found, with_types, update=True)
    return found


def test_it_has_a_line_for_each_thing_that_may_change(users: Project) -> None:
    text = re.sub(r'("text"|"model"): "\w+"', r'\1: "…"', users.snapshot.read_text())

    assert text == SNAPSHOT


@pytest.mark.parametrize("name", CASES)
def test_it_gives_the_findings_that_the_database_gave(service: Service, with_types: str, name: str) -> None:
    found = service(files(CASES[name]), CASES[name].python)
    live = check(found, with_types, update=True).findings

    assert (len(live), check_offline(found).findings, check(found, with_types).findings) == (1, live, live)


def test_a_file_that_is_declared_twice_is_kept_twice(service: Service, with_types: str) -> None:
    again = PYTHON.replace("_LIST", "_AGAIN").replace("list_users(name: str)", "list_again(name: str | None)")
    found = service({"users/list": USERS}, PYTHON + again.partition("\n\n\n")[2])
    check(found, with_types, update=True)

    assert sorted(snapshot.read(found.snapshot).facts) == ["sql/users/list.sql", "sql/users/list.sql 2"]
    assert (check(found, with_types).findings, check_offline(found).findings) == ((), ())


def test_own_types_are_kept_with_it(tmp_path: Path) -> None:
    facts = Facts(
        "a",
        (Parameter("m", "mood"),),
        (Column("b", "short", "why"),),
        "pkey",
        ("t.", "t.a", "u.b"),
        ("u.*",),
        {"mood": OwnType("enum", labels=("sad", "ok")), "short": OwnType("domain", of="text")},
    )
    kept = snapshot.Snapshot("m", "n", {"x": facts})
    snapshot.write(tmp_path / "s", kept)

    assert snapshot.read(tmp_path / "s") == kept


def edited(users: Project, old: str, new: str) -> None:
    """The snapshot as it was before a change that made it what it is."""
    text = users.snapshot.read_text()
    assert old in text
    users.snapshot.write_text(text.replace(old, new))


STALE = [
    (
        '{"name": "name", "type": "character varying"}\n   ],\n   "reads"',
        '{"name": "name", "type": "character varying", "null": "users.name may be null"}\n   ],\n   "reads"',
        "sql/users/list.sql:3:1: stale-snapshot: is not as the snapshot says\n"
        "  3 | SELECT u.id, u.name FROM users AS u WHERE u.name = :name;\n"
        "    | ^\n"
        '-     {"name": "name", "type": "character varying", "null": "users.name may be null"}\n'
        '+     {"name": "name", "type": "character varying"}\n'
        "`tenantstore check --update` writes it anew; review its diff.",
    ),
    (
        '"migrations": "e',
        '"migrations": "f',
        "check.snapshot.json:3:2: stale-snapshot: the migrations have changed\n"
        '  3 |  "migrations": "f3b0c44298fc1c14",\n'
        "    |  ^\n"
        "`tenantstore check --update` writes it anew; review its diff.",
    ),
]


@pytest.mark.parametrize(("now", "then", "told"), STALE)
def test_what_has_changed_is_told(users: Project, with_types: str, now: str, then: str, told: str) -> None:
    edited(users, now, then)

    assert [str(each) for each in check(users, with_types).findings] == [told]


def test_without_a_database_it_is_held_against_the_files(users: Project, service: Service) -> None:
    service({"users/list": USERS.replace("u.name = :name", "u.email = :name")}, PYTHON)
    changed = project(["orders"], users.model, [], users.root)
    edited(users, "sql/users/list", "sql/users/gone")
    gone = check_offline(changed).findings
    edited(users, "sql/users/gone", "sql/users/list")
    other = check_offline(changed).findings

    assert [[(each.place and each.place.path.name, each.problem) for each in found] for found in (gone, other)] == [
        [("check.snapshot.json", "sql/users/gone.sql is gone"), ("list.sql", "is not in the snapshot")],
        [("list.sql", "is not the statement that the snapshot is about")],
    ]


def test_another_model_makes_it_stale(users: Project) -> None:
    changed = project(users.modules, None, [], users.root)

    assert [each.problem for each in check_offline(changed).findings] == ["the tenant model has changed"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("[]", "not a snapshot: TypeError('list indices must be integers or slices, not str')"),
        ('{"format": 0}', "another version of tenantstore made this snapshot"),
        ('{"format": 1}', "not a snapshot: KeyError('queries')"),
    ],
)
def test_a_file_that_is_none_is_refused(users: Project, text: str, problem: str) -> None:
    users.snapshot.write_text(text)
    with pytest.raises(Misconfigured) as refused:
        check_offline(users)

    assert refused.value.problem == f"{users.snapshot}: {problem}"
