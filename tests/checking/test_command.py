"""The doctor's command line: what it prints, where, and its exit codes."""

import json

import pytest
from psycopg.conninfo import conninfo_to_dict

from tenantstore.cli import main
from tenantstore.testing import Server
from tests.checking.conftest import TEMPLATE


@pytest.fixture(autouse=True)
def _newest_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """However old the server is that the tests run on."""
    monkeypatch.setattr("tenantstore.checking.server.NEWEST_MINOR", {15: 0})


def test_health_is_0_and_one_line(ward: Server, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--dsn", ward.dsn(TEMPLATE, "app")])

    assert (code, *capsys.readouterr()) == (0, "no findings\n", "")


def test_findings_are_4(ward: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTSTORE_DSN", ward.dsn(TEMPLATE))
    code = main(["doctor"])

    assert (code, *capsys.readouterr()) == (
        4,
        "postgres: login-superuser: is a superuser, to whom no policy and no grant applies\n"
        "    Run this as the role that the service logs in with. If that is the one: let it log in as app,"
        " who is there.\n",
        "",
    )


def test_json_has_every_part_of_a_finding(ward: Server, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--dsn", ward.dsn(TEMPLATE)])
    findings = json.loads(capsys.readouterr().out)["findings"]

    assert (code, [(each["code"], each["object"], *sorted(each)) for each in findings]) == (
        4,
        [("login-superuser", "postgres", "advice", "code", "object", "problem")],
    )


def test_libpqs_own_variables_are_the_last_resort(
    ward: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENANTSTORE_DSN", raising=False)
    for name, value in conninfo_to_dict(ward.dsn(TEMPLATE, "app")).items():
        monkeypatch.setenv("PGDATABASE" if name == "dbname" else f"PG{name.upper()}", str(value))
    code = main(["doctor"])

    assert (code, capsys.readouterr().out) == (0, "no findings\n")


def test_no_server_is_5_and_the_password_stays_unsaid(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--dsn", "host=127.0.0.1 port=1 password=hidden dbname=x"])
    out, err = capsys.readouterr()

    assert (code, json.loads(out)["error"]["kind"], "hidden" in out + err) == (5, "Unreachable", False)


@pytest.mark.parametrize("dsn", ["this is no dsn", "{server} dbname=nowhere"])
def test_a_dsn_that_leads_nowhere_is_2(ward: Server, capsys: pytest.CaptureFixture[str], dsn: str) -> None:
    code = main(["doctor", "--dsn", dsn.format(server=ward.dsn("postgres", "app"))])

    assert (code, capsys.readouterr().out) == (2, "")


def test_an_unknown_option_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["doctor", "--fast"])
