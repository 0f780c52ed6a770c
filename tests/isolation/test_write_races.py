"""A write that waited is decided by what is true after the wait: by the database alone, no statement names a tenant."""

from functools import partial
from typing import Any, LiteralString

import pytest

from tests.isolation.meeting import Connect, Meeting, Transaction, meet
from tests.isolation.world import (
    ADA,
    EVE,
    GRANTEES,
    Connection,
    Person,
    enter_operator,
    enter_tenant,
    named,
    row_id,
)

GRANTEE = GRANTEES[-1]
"""Has every permission on the device ``shared``."""

VALUES = {
    "device": named("shared"),
    "owner": ADA.id,
    "grantee": GRANTEE.id,
    "stranger": EVE.id,
    "connection": row_id("proxy_connections", "shared"),
}

GRANTEES_WRITES: dict[str, LiteralString] = {
    "rename": "UPDATE devices SET name = 'x' WHERE id = %(device)s",
    "auto-rotate": "UPDATE devices SET auto_rotate_minutes = 5 WHERE id = %(device)s",
    "create a connection": "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
    " VALUES (%(device)s, %(owner)s, 'x', 'x')",
    "switch a connection": "UPDATE proxy_connections SET active = false WHERE id = %(connection)s",
    "change a password": "UPDATE proxy_connections SET password_hash = 'x' WHERE id = %(connection)s",
    "delete a connection": "DELETE FROM proxy_connections WHERE id = %(connection)s",
    "rotate": "INSERT INTO device_commands (device_id, type) VALUES (%(device)s, 'rotate_ip')",
}
OWNERS_WRITES: dict[str, LiteralString] = {
    **GRANTEES_WRITES,
    "reboot": "INSERT INTO device_commands (device_id, type) VALUES (%(device)s, 'reboot')",
    "create a link": "INSERT INTO rotation_links (device_id, token) VALUES (%(device)s, 'x')",
    "delete a link": "DELETE FROM rotation_links WHERE device_id = %(device)s",
    "share": "INSERT INTO device_shares (device_id, owner_id, shared_with)"
    " VALUES (%(device)s, %(owner)s, %(stranger)s)",
}
REASSIGNMENT: tuple[LiteralString, ...] = (
    "DELETE FROM device_shares WHERE device_id = %(device)s",
    "UPDATE devices SET customer_id = %(stranger)s WHERE id = %(device)s",
)
ENDINGS: dict[str, tuple[LiteralString, ...]] = {
    "revocation": ("DELETE FROM device_shares WHERE device_id = %(device)s AND shared_with = %(grantee)s",),
    "change of permission": (
        "UPDATE device_shares SET can_rename = false, can_manage_ports = false, can_rotate_ip = false"
        " WHERE device_id = %(device)s AND shared_with = %(grantee)s",
    ),
    "suspension of the owner": ("UPDATE customers SET active = false WHERE id = %(owner)s",),
    "reassignment": REASSIGNMENT,
}
CASES = [
    *[(GRANTEE, write, sql, ending, end) for write, sql in GRANTEES_WRITES.items() for ending, end in ENDINGS.items()],
    *[(ADA, write, sql, "reassignment", REASSIGNMENT) for write, sql in OWNERS_WRITES.items()],
]
NAMES = [f"{write}, {ending}, {person.name.split(',')[0]}" for person, write, _, ending, _ in CASES]


def tenant(connect: Connect, person: Person) -> Transaction:
    return Transaction(connect("app"), partial(enter_tenant, customer_id=person.id))


def operator(connect: Connect) -> Transaction:
    return Transaction(connect("app"), enter_operator)


def written(admin: Connection) -> list[list[tuple[Any, ...]]]:
    """All that the writes above would change, and no ending: of links, which end with an ownership, the new ones."""
    return [
        admin.execute("SELECT id, name, auto_rotate_minutes FROM devices ORDER BY id").fetchall(),
        admin.execute("SELECT id, active, password_hash FROM proxy_connections ORDER BY id").fetchall(),
        admin.execute("SELECT id FROM device_commands ORDER BY id").fetchall(),
        admin.execute("SELECT id FROM rotation_links WHERE token = 'x'").fetchall(),
        admin.execute("SELECT id FROM device_shares WHERE shared_with = %s", [EVE.id]).fetchall(),
    ]


@pytest.mark.parametrize(("person", "write", "sql", "ending", "end"), CASES, ids=NAMES)
def test_a_write_that_waited_for_the_end_of_a_permission_does_nothing(
    connect: Connect, person: Person, write: str, sql: LiteralString, ending: str, end: tuple[LiteralString, ...]
) -> None:
    admin = connect(None)
    before = written(admin)
    met = meet(admin, (operator(connect), end), (tenant(connect, person), [sql]), VALUES)

    assert (met.waited, met.second in (0, "42501"), written(admin)) == (True, True, before)


@pytest.mark.parametrize(("person", "write", "sql", "ending", "end"), CASES, ids=NAMES)
def test_the_end_of_a_permission_waits_for_a_write_that_came_first(
    connect: Connect, person: Person, write: str, sql: LiteralString, ending: str, end: tuple[LiteralString, ...]
) -> None:
    met = meet(connect(None), (tenant(connect, person), [sql]), (operator(connect), end), VALUES)

    assert (met.waited, met.first, met.second) in [(True, 1, 1), (True, 1, "23503")]


@pytest.mark.parametrize("write", ["switch a connection", "change a password", "delete a connection"])
# A reassignment is not among them: it takes the connection along, and so waits for the stranger itself.
@pytest.mark.parametrize("ending", ["revocation", "change of permission", "suspension of the owner"])
def test_a_write_that_waits_for_a_stranger_is_decided_after_that_wait(
    connect: Connect, write: str, ending: str
) -> None:
    admin = connect(None)
    before = written(admin)

    def meanwhile() -> None:
        ending_transaction = operator(connect)
        ending_transaction.run(ENDINGS[ending], VALUES)
        ending_transaction.commit()

    locked: LiteralString = "SELECT FROM proxy_connections WHERE id = %(connection)s FOR UPDATE"
    met = meet(
        admin, (operator(connect), [locked]), (tenant(connect, GRANTEE), [GRANTEES_WRITES[write]]), VALUES, meanwhile
    )

    assert (met.waited, met.second, written(admin)) == (True, "42501", before)


def test_a_scope_that_writes_waits_for_a_suspension_and_is_not_entered(connect: Connect) -> None:
    suspend: LiteralString = "UPDATE customers SET active = false WHERE id = %(grantee)s"
    met = meet(connect(None), (operator(connect), [suspend]), (tenant(connect, GRANTEE), ["SELECT"]), VALUES)

    assert met == Meeting(waited=True, first=1, second="TS001")


def test_a_suspension_waits_for_a_scope_that_writes(connect: Connect) -> None:
    suspend: LiteralString = "UPDATE customers SET active = false WHERE id = %(grantee)s"
    met = meet(connect(None), (tenant(connect, GRANTEE), ["SELECT"]), (operator(connect), [suspend]), VALUES)

    assert met == Meeting(waited=True, first=1, second=1)
