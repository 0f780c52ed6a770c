"""Values that no repository can use: a clear error, nothing written, and a connection that goes on."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from inspect import getmembers, isfunction
from types import ModuleType
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    InvalidDatetimeFormat,
    InvalidRowCountInLimitClause,
    InvalidTextRepresentation,
    NumericValueOutOfRange,
    StringDataRightTruncation,
    UntranslatableCharacter,
)

from tenantstore import Store
from tenantstore.errors import InvalidParameter, NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import (
    bandwidth,
    customer_auth_tokens,
    device_commands,
    ip_history,
    pairing_codes,
    relay_servers,
    rotation_links,
    status_logs,
    users,
)
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin

MODULES = [
    bandwidth,
    customer_auth_tokens,
    device_commands,
    ip_history,
    pairing_codes,
    relay_servers,
    rotation_links,
    status_logs,
    users,
]
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAIVE = datetime(2026, 1, 5, 12)  # noqa: DTZ001
LONG = "x" * 10_000_000
USABLE: dict[Any, Any] = {UUID: uuid4(), str: "x", int: 1, datetime: NOW, date: NOW.date()}
UNUSABLE: dict[Any, dict[Any, type[Exception]]] = {
    UUID: {None: InvalidParameter, "": InvalidTextRepresentation, "not-a-uuid": InvalidTextRepresentation},
    str: {None: InvalidParameter, "a\0b": InvalidParameter},
    int: {None: InvalidParameter, 2**70: NumericValueOutOfRange},
    datetime: {None: InvalidParameter, "": InvalidDatetimeFormat, NAIVE: InvalidParameter},
    date: {None: InvalidParameter, "": InvalidDatetimeFormat},
}


@pytest.fixture
def narrow(ts_db: str, admin: Admin) -> Iterator[Scope]:
    """The operator on a single connection, which has to serve on after each refusal; nothing may be written."""
    before = count_rows(admin)
    with Store.open(ts_db, max_size=1, timeout=5) as narrow:
        yield narrow.operator()
        assert narrow.operator().run(bandwidth.total(NOW, NOW)) == bandwidth.BandwidthTotal(0, 0)
    assert count_rows(admin) == before


def count_rows(admin: Admin) -> dict[str, int]:
    tables = admin.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").fetchall()
    count = psycopg.sql.SQL("SELECT FROM {}")
    return {name: admin.execute(count.format(psycopg.sql.Identifier(name))).rowcount for (name,) in tables}


def calls(module: ModuleType) -> Iterator[tuple[str, Callable[[], Statement[Any]], type[Exception]]]:
    """Every function with every parameter unusable in turn, and the error that this is to give."""
    for name, function in getmembers(module, isfunction):
        if name.startswith("_") or function.__module__ != module.__name__:
            continue
        kinds = {parameter: kind for parameter, kind in get_type_hints(function).items() if parameter != "return"}
        usable = {parameter: usable_value(kind) for parameter, kind in kinds.items()}
        for parameter, kind in kinds.items():
            plain = next((each for each in UNUSABLE if kind is each or each in get_args(kind)), None)
            for value, error in UNUSABLE.get(plain, {}).items():
                if value is not None or type(None) not in get_args(kind):
                    given = {**usable, parameter: value}
                    yield f"{name}({parameter}={value!r})", lambda f=function, g=given: f(**g), error  # type: ignore[misc]


def usable_value(kind: Any) -> Any:
    if kind in USABLE:
        return USABLE[kind]
    return None if type(None) in get_args(kind) else get_args(kind)[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_parameter_refuses_what_it_cannot_be(narrow: Scope, module: ModuleType) -> None:
    wrong = []
    for what, call, error in calls(module):
        try:
            narrow.run(call())
            wrong.append(f"{what}: accepted")
        except Exception as raised:
            if type(raised) is not error:
                wrong.append(f"{what}: {type(raised).__name__} instead of {error.__name__}")

    assert wrong == []


REFUSED: dict[str, tuple[Callable[[Device, UUID], Statement[Any]], type[Exception]]] = {
    "a long e-mail": (lambda d, c: users.create(LONG, "h", "n"), StringDataRightTruncation),
    "a long hash": (lambda d, c: users.create("e", LONG, "n"), StringDataRightTruncation),
    "a long relay": (lambda d, c: relay_servers.create(LONG, "192.0.2.1"), StringDataRightTruncation),
    "a long token": (lambda d, c: rotation_links.create(d.id, LONG), StringDataRightTruncation),
    "a long link": (lambda d, c: rotation_links.create_for_customer(d.id, c, LONG), StringDataRightTruncation),
    "a long code": (lambda d, c: pairing_codes.create("123456789", "t", NOW), StringDataRightTruncation),
    "a long address": (lambda d, c: ip_history.create(d.id, LONG), InvalidTextRepresentation),
    "no address": (lambda d, c: ip_history.create(d.id, ""), InvalidTextRepresentation),
    "a long method": (lambda d, c: ip_history.create(d.id, "192.0.2.1", LONG), StringDataRightTruncation),
    "a long status": (lambda d, c: status_logs.create(d.id, LONG, "", NOW), StringDataRightTruncation),
    "a NUL in a payload": (lambda d, c: device_commands.create(d.id, "reboot", {"k": "\0"}), UntranslatableCharacter),
    "a NUL in a customer's": (
        lambda d, c: device_commands.create_for_customer(d.id, c, "reboot", {"k": "\0"}),
        UntranslatableCharacter,
    ),
    "a month without partition": (lambda d, c: bandwidth.create(d.id, 1, 1, NOW.replace(1999), NOW), CheckViolation),
    "few bytes": (lambda d, c: bandwidth.create(d.id, 1, -1, NOW, NOW), InvalidParameter),
    "an end before": (lambda d, c: bandwidth.create(d.id, 1, 1, NOW, NOW.replace(1999)), InvalidParameter),
    "few commands": (lambda d, c: device_commands.list_by_device(d.id, limit=-1), InvalidRowCountInLimitClause),
    "few addresses": (lambda d, c: ip_history.list_by_device(d.id, limit=-1), InvalidRowCountInLimitClause),
    "few logs": (lambda d, c: status_logs.list_by_device(d.id, limit=-1), InvalidRowCountInLimitClause),
    "few of a customer's": (
        lambda d, c: ip_history.list_by_device_for_customer(d.id, c, limit=-1),
        InvalidRowCountInLimitClause,
    ),
    "a token of nobody": (
        lambda d, c: customer_auth_tokens.create(uuid4(), "h", "email_verify", NOW),
        ForeignKeyViolation,
    ),
    "a code by nobody": (lambda d, c: pairing_codes.create("C", "t", NOW, created_by=uuid4()), ForeignKeyViolation),
    "a link to nothing": (lambda d, c: rotation_links.create(uuid4(), "t"), ForeignKeyViolation),
    "a command to nothing": (lambda d, c: device_commands.create(uuid4(), "reboot"), ForeignKeyViolation),
    "an address of nothing": (lambda d, c: ip_history.create(uuid4(), "192.0.2.1"), ForeignKeyViolation),
    "a log of nothing": (lambda d, c: status_logs.create(uuid4(), "online", "", NOW), ForeignKeyViolation),
    "a customer's link to nothing": (lambda d, c: rotation_links.create_for_customer(uuid4(), c), NotFound),
    "a customer's command to nothing": (
        lambda d, c: device_commands.create_for_customer(uuid4(), c, "rotate_ip"),
        NotFound,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_table_takes_is_refused(what: str, ada: TenantScope, shared_device: Device, narrow: Scope) -> None:
    make, error = REFUSED[what]

    with pytest.raises(error):
        narrow.run(make(shared_device, ada.customer_id))


READ: dict[str, Callable[[], Statement[Any]]] = {
    "pairing code": lambda: pairing_codes.get_by_code(LONG),
    "rotation link": lambda: rotation_links.get_by_token(LONG),
    "auth token": lambda: customer_auth_tokens.get_by_hash(LONG),
    "user": lambda: users.get_by_email(LONG),
    "user by id": lambda: users.get_by_id(uuid4()),
    "relay server": lambda: relay_servers.get_by_id(uuid4()),
}


@pytest.mark.parametrize("what", READ)
def test_what_no_row_has_is_none(what: str, narrow: Scope) -> None:
    assert narrow.run(READ[what]()) is None


EMPTY: dict[str, Callable[[], Statement[Any]]] = {
    "code": lambda: pairing_codes.create("", "t", NOW),
    "device_auth_token": lambda: pairing_codes.create("c", "", NOW),
    "token_hash": lambda: customer_auth_tokens.create(uuid4(), "", "email_verify", NOW),
    "token": lambda: rotation_links.create(uuid4(), ""),
    "email": lambda: users.create("", "h", "n"),
    "password_hash": lambda: users.update_password_hash(uuid4(), ""),
    "name": lambda: relay_servers.create("", "192.0.2.1"),
    "ip": lambda: relay_servers.create("n", ""),
    "webhook_url": lambda: users.set_webhook_url(uuid4(), ""),
    "method": lambda: ip_history.create(uuid4(), "192.0.2.1", ""),
    "status": lambda: status_logs.create(uuid4(), "", "online", NOW),
}


@pytest.mark.parametrize("name", EMPTY)
def test_what_has_to_be_said_is_not_empty(name: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{name} is empty$"):
        EMPTY[name]()


ODD: Any = "odd"
ONE_OF: dict[str, Callable[[], Statement[Any]]] = {
    "type is none of email_verify, password_reset": lambda: customer_auth_tokens.create(uuid4(), "h", ODD, NOW),
    "type is none of email_verify, .*": lambda: customer_auth_tokens.delete_by_customer_and_type(uuid4(), ODD),
    "type is none of rotate_ip, reboot, find_phone, wifi_on, wifi_off, update_config": lambda: device_commands.create(
        uuid4(), ODD
    ),
    "type is none of rotate_ip, .*": lambda: device_commands.create_for_customer(uuid4(), uuid4(), ODD),
    "status is none of pending, sent, completed, failed": lambda: device_commands.update_status(uuid4(), ODD),
    "role is none of admin, operator": lambda: users.create("e", "h", "n", ODD),
}


@pytest.mark.parametrize("why", ONE_OF)
def test_a_word_is_one_of_those_that_there_are(why: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{why}$"):
        ONE_OF[why]()
