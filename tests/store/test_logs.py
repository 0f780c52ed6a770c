"""What the observer that logs writes of each event, at which level, and with which attributes."""

import logging
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore.errors import NotFound, PoolExhausted
from tenantstore.migrate.errors import StatementFailed
from tenantstore.observe import Event, MigrationRan, PoolWaited, StatementRan, TransactionEnded, all_of, log_to
from tests.store import notes
from tests.store.conftest import Open

_RAN: dict[str, Any] = {
    "query": "notes/list_all",
    "command": "SELECT",
    "scope": "tenant",
    "rows": 1,
    "affected": False,
    "duration_seconds": 0.25,
    "batch": 7,
    "batch_size": 1,
    "round_trips": 1,
    "streamed": False,
    "error": None,
    "sqlstate": None,
}
_FAILED = {**_RAN, "error": psycopg.errors.DivisionByZero, "sqlstate": "22012"}
_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
CASES: list[tuple[Event, str, str]] = [
    (StatementRan(**_RAN), "DEBUG", "notes/list_all: 1 row in 250.0 ms"),
    (StatementRan(**_RAN | {"duration_seconds": 0.5}), "WARNING", "slow: notes/list_all: 1 row in 500.0 ms"),
    (StatementRan(**_RAN | {"rows": 2, "batch_size": 3}), "DEBUG", "notes/list_all: 2 rows in 250.0 ms, one of 3"),
    (StatementRan(**_RAN | {"rows": 0, "affected": True}), "DEBUG", "notes/list_all: 0 rows changed in 250.0 ms"),
    (StatementRan(**_FAILED), "WARNING", "notes/list_all: DivisionByZero (22012) in 250.0 ms"),
    (StatementRan(**_RAN | {"error": NotFound}), "WARNING", "notes/list_all: NotFound in 250.0 ms"),
    (TransactionEnded("tenant", "committed", 2.0, 2, None), "DEBUG", "transaction committed in 2000.0 ms"),
    (
        TransactionEnded("tenant", "unknown", 2.0, 2, KeyboardInterrupt),
        "WARNING",
        "transaction unknown in 2000.0 ms: KeyboardInterrupt",
    ),
    (PoolWaited(1.0, None), "DEBUG", "a connection in 1000.0 ms"),
    (PoolWaited(1.0, PoolExhausted), "WARNING", "no connection in 1000.0 ms: PoolExhausted"),
    (MigrationRan(14, "isolation", "up", 0.1, None, None), "DEBUG", "migration 14 isolation up: done in 100.0 ms"),
    (
        MigrationRan(14, "isolation", "down", 0.1, StatementFailed, "22012"),
        "WARNING",
        "migration 14 isolation down: StatementFailed (22012) in 100.0 ms",
    ),
]


@pytest.mark.parametrize(("event", "level", "text"), CASES, ids=[text for _, _, text in CASES])
def test_an_event_is_a_line_at_its_level(caplog: pytest.LogCaptureFixture, event: Event, level: str, text: str) -> None:
    with caplog.at_level(logging.DEBUG, "shop.db"):
        log_to(logging.getLogger("shop.db"), slow_seconds=0.5)(event)

    assert caplog.record_tuples == [("shop.db", getattr(logging, level), text)]


def test_a_record_has_all_that_the_event_has(caplog: pytest.LogCaptureFixture) -> None:
    log_to()(StatementRan(**_FAILED))
    (record,) = caplog.records
    fields = {name: value for name, value in vars(record).items() if name not in _PLAIN}
    expected = {f"db_{name}": value for name, value in _FAILED.items()}

    assert fields == {**expected, "db_event": "StatementRan", "db_error": "DivisionByZero"}


def test_what_a_store_does_is_logged_with_no_value(
    open_store: Open, ada: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    scope = open_store(observer=log_to()).tenant(ada)
    with caplog.at_level(logging.DEBUG, "tenantstore"), scope.transaction() as transaction:
        transaction.run(notes.create_for_customer(ada, "said in confidence"))
        with pytest.raises(NotFound):
            transaction.run(notes.rename_for_customer(ada, ada, "in confidence"))
    said = repr([vars(record) for record in caplog.records])

    assert [(record.levelname, getattr(record, "db_query", None)) for record in caplog.records] == [
        ("DEBUG", None),
        ("DEBUG", "notes/create_for_customer"),
        ("WARNING", "notes/rename_for_customer"),
        ("DEBUG", None),
    ]
    assert ("confidence" in said, str(ada) in said) == (False, False)


def test_an_event_of_a_kind_that_is_not_known_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    class Later:
        duration_seconds = 1.0
        error = None

    later: Any = Later()
    with caplog.at_level(logging.DEBUG, "tenantstore"):
        log_to(slow_seconds=0)(later)

    assert caplog.records == []


def test_a_logger_that_is_not_enabled_makes_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Event] = []
    monkeypatch.setattr("tenantstore.observe.logs._said", lambda event, _: made.append(event))
    observe = log_to(logging.getLogger("shop.quiet"), slow_seconds=1)
    observe(StatementRan(**_RAN))
    observe(PoolWaited(9, None))

    assert made == []


def test_several_observers_are_told_in_order_whatever_one_does(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("the observer's own trouble")

    first, second = list[Event](), list[Event]()
    all_of(first.append, fail, second.append)(PoolWaited(1.0, None))

    assert (first, second, [record.getMessage() for record in caplog.records]) == (
        [PoolWaited(1.0, None)],
        [PoolWaited(1.0, None)],
        ["an observer failed at PoolWaited"],
    )
