"""Access lists and ``suspended`` say what shares and customers say, whoever changed them, in whatever order."""

from itertools import product
from typing import LiteralString

import psycopg
import pytest

from tests.isolation.meeting import Connect, Transaction, meet
from tests.isolation.world import (
    ADA,
    CHILDREN,
    EVE,
    GIL,
    GRANTEES,
    HAL,
    SID,
    enter_operator,
    named,
    undone,
    wrong,
)

VALUES = {
    "private": named("private"),
    "shared": named("shared"),
    "stray": named("stray"),
    "dark": named("dark"),
    "ada": ADA.id,
    "eve": EVE.id,
    "gil": GIL.id,
    "hal": HAL.id,
    "sid": SID.id,
    "some": GRANTEES[-1].id,
}
SHARE: LiteralString = (
    "INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename, can_rotate_ip)"
    " VALUES (%(private)s, %(ada)s, %(eve)s, true, true)"
)
CHANGES: dict[str, tuple[LiteralString, ...]] = {
    "share": (SHARE,),
    "share with another": (
        "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(private)s, %(ada)s, %(gil)s)",
    ),
    "share with a suspended customer": (
        "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(private)s, %(ada)s, %(sid)s)",
    ),
    "change permissions": ("UPDATE device_shares SET can_rename = NOT can_rename WHERE owner_id = %(ada)s",),
    "move a share": ("UPDATE device_shares SET device_id = %(private)s WHERE shared_with = %(some)s",),
    "share with somebody else": ("UPDATE device_shares SET shared_with = %(gil)s WHERE shared_with = %(some)s",),
    "revoke": ("DELETE FROM device_shares WHERE shared_with = %(hal)s",),
    "suspend the owner": ("UPDATE customers SET active = false WHERE id = %(ada)s",),
    "suspend a grantee": ("UPDATE customers SET active = false WHERE id IN (%(eve)s, %(gil)s)",),
    "lift a grantee's suspension": ("UPDATE customers SET active = true WHERE id = %(hal)s",),
    "lift every suspension": ("UPDATE customers SET active = true",),
    "suspend everybody": ("UPDATE customers SET active = false",),
    "reassign": (
        "WITH gone AS (DELETE FROM device_shares WHERE device_id = %(private)s)"
        " UPDATE devices SET customer_id = %(gil)s WHERE id = %(private)s",
    ),
    "delete the device": ("DELETE FROM devices WHERE id = %(private)s",),
    "delete the owner": ("DELETE FROM customers WHERE id = %(ada)s",),
    "delete a grantee": ("DELETE FROM customers WHERE id = %(eve)s",),
}


def operator(connect: Connect) -> Transaction:
    return Transaction(connect("app"), enter_operator)


def test_the_world_is_right(connect: Connect) -> None:
    admin = connect(None)
    lists = admin.execute("SELECT viewers, renamers, rotators FROM devices WHERE id = %s", [named("shared")]).fetchone()

    assert wrong(admin) == []
    assert lists == (
        sorted(grantee.id for grantee in GRANTEES),
        sorted(grantee.id for grantee in GRANTEES if "can_rename" in grantee.may("shared")),
        sorted(grantee.id for grantee in GRANTEES if "can_rotate_ip" in grantee.may("shared")),
    )


@pytest.mark.parametrize("change", CHANGES)
def test_lists_follow_a_change(connect: Connect, change: str) -> None:
    admin, transaction = connect(None), operator(connect)
    changed = transaction.run(CHANGES[change], VALUES)
    transaction.commit()

    assert (changed not in (0, "23503"), wrong(admin)) == (True, [])


@pytest.mark.parametrize("barrier", ["18, by a superuser"], indirect=True)
@pytest.mark.parametrize(("first", "second"), list(product(CHANGES, repeat=2)))
def test_lists_are_right_whichever_two_changes_meet(connect: Connect, first: str, second: str) -> None:
    admin = connect(None)
    meet(admin, (operator(connect), CHANGES[first]), (operator(connect), CHANGES[second]), VALUES)

    assert wrong(admin) == []


def test_a_share_does_not_outlive_a_change_of_owner(connect: Connect) -> None:
    app = connect("app")
    with undone(app):
        enter_operator(app)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            app.execute("UPDATE devices SET customer_id = %(gil)s WHERE id = %(private)s", VALUES)


def test_connections_follow_their_device_to_its_new_owner(connect: Connect) -> None:
    admin, transaction = connect(None), operator(connect)
    transaction.run(CHANGES["reassign"], VALUES)
    transaction.commit()
    carried = admin.execute(
        "SELECT customer_id FROM proxy_connections WHERE device_id = %(private)s", VALUES
    ).fetchall()

    assert carried == [(GIL.id,)]


def test_a_device_takes_all_that_hangs_on_it_along(connect: Connect) -> None:
    admin, transaction = connect(None), operator(connect)
    transaction.run(CHANGES["delete the device"], VALUES)
    transaction.commit()
    left = {
        table: admin.execute(
            psycopg.sql.SQL("SELECT FROM {} WHERE device_id = %(private)s").format(psycopg.sql.Identifier(table)),
            VALUES,
        ).rowcount
        for table in (*CHILDREN, "device_shares")
    }

    # bandwidth_logs refers to nothing: what was used stays counted.
    assert left == {**dict.fromkeys((*CHILDREN, "device_shares"), 0), "bandwidth_logs": 1}


def test_a_deleted_owner_leaves_devices_and_connections_to_nobody(connect: Connect) -> None:
    admin, transaction = connect(None), operator(connect)
    transaction.run(CHANGES["delete the owner"], VALUES)
    transaction.commit()

    assert (
        admin.execute("SELECT customer_id, viewers FROM devices WHERE id = %(shared)s", VALUES).fetchall(),
        admin.execute("SELECT customer_id FROM proxy_connections WHERE device_id = %(shared)s", VALUES).fetchall(),
        admin.execute("SELECT FROM device_shares WHERE device_id = %(shared)s", VALUES).rowcount,
    ) == ([(None, None)], [(None,)], 0)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize("change", ["share", "suspend the owner"])
def test_a_transaction_that_would_read_an_old_snapshot_may_not_change_shares(
    connect: Connect, change: str, level: LiteralString
) -> None:
    app = connect("app")
    app.isolation_level = psycopg.IsolationLevel[level.replace(" ", "_").upper()]
    with undone(app):
        enter_operator(app)
        with pytest.raises(psycopg.errors.InvalidTransactionState):
            app.execute(CHANGES[change][0], VALUES)
