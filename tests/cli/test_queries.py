"""Queries listed, shown and explained: ours, and those of a service."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tenantstore import Store
from tenantstore.cli import main
from tenantstore.queries import CATALOG
from tenantstore.repositories import customers
from tenantstore.testing import Tenants

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "tests/checking/service"

PAGE = """\
users/get_by_email
The user with exactly this e-mail, case included. One User or none. Index: users_email_key.

scope        operator
gives        optional: User
file         sql/users/get_by_email.sql
declared at  src/tenantstore/repositories/users.py:{line}
called by    get_by_email
at most one  users_email_key
reads        users

SELECT
    u.id,
    u.email,
    u.password_hash,
    u.name,
    u.role,
    u.created_at,
    u.updated_at,
    u.webhook_url
FROM users AS u
WHERE u.email = :email;

takes
:email  text

gives
id             uuid                      never null                     UUID
email          character varying         never null                     str
password_hash  character varying         never null                     str
name           character varying         never null                     str
role           character varying         never null                     str
created_at     timestamp with time zone  never null                     datetime
updated_at     timestamp with time zone  never null                     datetime
webhook_url    text                      users.webhook_url may be null  str | None
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def _service(*arguments: str) -> Any:
    """What the command says in a service's folder, as JSON: apart, since the service would stay imported here."""
    command = [sys.executable, "-m", "tenantstore", "queries", *arguments, "--json"]
    done = subprocess.run(command, cwd=SERVICE, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def test_a_list_has_a_line_for_each_query(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["queries", "list"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert (code, [line[0] for line in lines]) == (0, list(CATALOG))
    assert ["users/get_by_email", "operator", "optional", "User", "email"] in lines


def test_a_services_queries_are_found_in_its_folder() -> None:
    listed = _service("list")["queries"]

    assert listed[0] == {
        "name": "books/count",
        "scope": "operator",
        "shape": "one",
        "record": "int",
        "parameters": [],
    }


def test_a_list_that_lacks_what_a_module_could_not_declare_is_2(tmp_path: Path) -> None:
    shutil.copytree(SERVICE / "library", tmp_path / "library")
    books = tmp_path / "library/books.py"
    books.write_text(books.read_text().replace("number=number", "numbr=number", 1))
    command = [sys.executable, "-m", "tenantstore", "queries", "list", "--module", "library.books"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, "books/get" in done.stdout, "not shown: library/books.py:" in done.stderr) == (
        2,
        False,
        True,
    )


def test_a_service_has_no_facts_before_it_has_a_snapshot() -> None:
    (shown,) = _service("show", "books/get")["queries"]

    assert (shown["file"], shown["called_by"], shown["fields"][3], shown["proven"]) == (
        "library/sql/books/get.sql",
        ["get"],
        {"name": "subtitle", "type": "str | None"},
        None,
    )


def test_a_service_has_ours_by_name_as_well() -> None:
    (shown,) = _service("show", "users/get_by_email")["queries"]

    assert (shown["called_by"], shown["proven"]) == (["get_by_email"], None)


def test_a_page_shows_what_is_written_declared_and_proven(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["queries", "show", "users/get_by_email"])
    lines = (ROOT / "src/tenantstore/repositories/users.py").read_text().splitlines()
    line = lines.index('_GET_BY_EMAIL = optional(User, "users/get_by_email")') + 1

    assert (code, *capsys.readouterr()) == (0, PAGE.format(line=line), "")


def test_without_a_snapshot_the_page_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["queries", "show", "users/set_webhook_url"])
    lines = capsys.readouterr().out.splitlines()

    assert lines[-1] == (
        "Nothing is proven of it in a snapshot that is committed: `tenantstore check --update` writes one."
    )
    assert "webhook_url    str | None" in lines


def test_prose_is_of_lines_that_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    main(["queries", "show", "devices/list_by_customer"])
    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()

    assert (len(lines) > 2, max(map(len, lines)) <= 120) == (True, True)


REFUSED = {
    "a misspelt name": (
        ["show", "users/get_by_mail"],
        "there is no query users/get_by_mail; did you mean users/get_by_email?",
    ),
    "a module that is none": (["list", "--module", "nowhere"], "nowhere cannot be imported"),
    "nobody's": (["explain", "devices/list_by_customer"], "devices/list_by_customer is a customer's"),
    "no UUID": (["explain", "devices/list_by_customer", "--customer", "Ada"], "--customer 'Ada' is no UUID"),
    "a customer for the operator": (
        ["explain", "users/list_all", "--customer", str(UUID(int=1))],
        "users/list_all is the operator's: no customer runs it",
    ),
    "a customer twice": (
        ["explain", "customers/get_for_customer", "--customer", str(UUID(int=1)), "--set", "customer_id=1"],
        "--customer is :customer_id already",
    ),
    "too little": (["explain", "users/get_by_email"], "users/get_by_email needs :email"),
    "too much": (
        ["explain", "users/get_by_email", "--set", "e_mail=a"],
        "users/get_by_email has no parameter :e_mail; did you mean email?",
    ),
}


@pytest.mark.parametrize(("arguments", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_2(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    code = main(["queries", *arguments])
    out, err = capsys.readouterr()

    assert (code, out, err.splitlines()[0]) == (2, "", f"error: {told}")


def _page(dsn: str, customer_id: UUID) -> list[str]:
    # What is not set is as the function has it: from the first page on.
    settings = ["--set", "limit=10"]
    return ["queries", "explain", "devices/list_by_customer", "--customer", str(customer_id), "--dsn", dsn, *settings]


def test_a_plan_is_made_behind_the_policies(
    ts_db: str, ts_tenants: Tenants, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(_page(ts_db, ts_tenants.ada.id))
    out, err = capsys.readouterr()

    assert (code, "current_setting('tenantstore.customer_id'" in out, "actual" in out, err) == (0, True, False, "")


def test_an_analyzed_plan_counts_what_the_customer_gets(
    ts_db: str, ts_store: Store, ts_tenants: Tenants, capsys: pytest.CaptureFixture[str]
) -> None:
    cyd = ts_store.operator().run(customers.create("Cyd", "cyd@example.org"))
    rows = []
    for customer_id in (ts_tenants.ada.id, cyd.id):
        main([*_page(ts_db, customer_id), "--analyze", "--json"])
        told = json.loads(capsys.readouterr().out)
        rows.append((told["query"], told["plan"][0]["Plan"]["Actual Rows"]))

    assert rows == [("devices/list_by_customer", 2), ("devices/list_by_customer", 0)]


def test_what_an_analyzed_query_writes_is_rolled_back(
    ts_db: str, ts_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["queries", "explain", "customers/create", "--set", "name=Ada", "--set", "email=ada@example.com"]
    code = main([*command, "--analyze", "--dsn", ts_db])

    assert (code, capsys.readouterr().out.startswith("Insert on customers")) == (0, True)
    assert ts_store.operator().run(customers.get_by_email("ada@example.com")) is None


def test_what_the_server_refuses_is_1(ts_db: str, ts_tenants: Tenants, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = main(_page(ts_db, UUID(int=1)))
    unread = main([*_page(ts_db, ts_tenants.ada.id), "--set", "after_id=3"])
    lines = capsys.readouterr().err.splitlines()

    assert (stranger, unread, lines) == (
        1,
        1,
        [
            f"error: customer {UUID(int=1)}: unknown or suspended",
            'error: invalid input syntax for type uuid: "3"',
            "    CONTEXT:  :after_id = '...'",
            "in the query devices/list_by_customer",
        ],
    )
