"""What the README shows is run."""

import importlib.util
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tenantstore.repositories import devices
from tenantstore.resources import folder
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import NewDevice

ROOT = Path(__file__).parents[2]


def block(language: str, about: str) -> str:
    """The one block in that language that holds these words."""
    found = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (chosen,) = (text for text in found if about in text)
    return str(chosen)


def test_the_example_of_use_prints_what_it_says(
    migrated: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENANTSTORE_DSN", migrated)
    example = block("python", "Store.open()")
    exec(example, {})

    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*\) +# (.*)", example)


def test_the_query_of_ones_own_finds_what_it_says(
    operator: Scope, ada: TenantScope, new_device: NewDevice, tmp_path: Path
) -> None:
    (tmp_path / "sql/phones").mkdir(parents=True)
    (tmp_path / "sql/phones/list_quiet.sql").write_text(block("sql", "QuietPhone"))
    (tmp_path / "phones.py").write_text(block("python", "QuietPhone"))
    spec = importlib.util.spec_from_file_location("phones", tmp_path / "phones.py")
    assert spec is not None
    assert spec.loader is not None
    phones = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(phones)
    quiet = operator.run(devices.update_heartbeat(new_device(ada, name="Rack 1").id))
    new_device(ada, name="Rack 2")
    since = datetime.now(UTC) + timedelta(hours=1)

    found = ada.run(phones.list_quiet(ada.customer_id, since))

    assert found == [phones.QuietPhone("Rack 1", quiet.last_heartbeat)]


def test_the_example_of_watching_says_nothing_where_all_is_well(
    migrated: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TENANTSTORE_DSN", migrated)
    exec(block("python", "all_of"), {})

    assert [record.name for record in caplog.records if record.name == "tenantstore"] == []


def test_the_servers_view_of_what_runs_is_asked_as_it_says(migrated: str) -> None:
    with psycopg.connect(migrated) as connection:
        text = block("sql", "pg_stat_activity").rstrip(";\n")
        row = connection.execute(f"{text} AND pid = pg_backend_pid() /* devices/get_by_id */".encode()).fetchone()

    assert (row or ())[2:] == ("devices/get_by_id",)


def test_migrating_from_python_prints_every_step(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENANTSTORE_DSN", database)
    exec(block("python", "migrate.up"), {})
    steps = [line.split()[0] for line in capsys.readouterr().out.splitlines()]

    assert [f"{step}.sql" for step in steps] == sorted(path.name for path in folder("migrations").glob("*.up.sql"))


def test_what_it_shows_of_the_demo_is_what_the_demo_says() -> None:
    assert block("text", "Bob") in (ROOT / "tests/demo/demo.txt").read_text()
