"""Leak classes, first half: statements that forget, or that mean harm. The database answers for them alone.

The SQL here is what a careless service might write; it is run in a customer's scope.
"""

from typing import Any, LiteralString

import psycopg
import pytest

from tenantstore.queries import CATALOG
from tests.isolation.leaks import leak
from tests.isolation.world import (
    ADA,
    EVE,
    GRANTEES,
    SID,
    Connection,
    Person,
    enter_operator,
    enter_tenant,
    named,
    row_id,
    undone,
)

IDS = {
    "me": EVE.id,
    "ada": ADA.id,
    "sid": SID.id,
    "mine": named("eves"),
    "hers": named("private"),
    "nothing": named("nothing"),
    "connection": row_id("proxy_connections", "private"),
}


def rows(app: Connection, sql: LiteralString, person: Person = EVE) -> list[tuple[Any, ...]]:
    """What the statement gives the person, who owns one device and has none by a share."""
    with undone(app):
        enter_tenant(app, person.id)
        return app.execute(sql, IDS).fetchall()


def changed(app: Connection, sql: LiteralString, person: Person = EVE) -> tuple[int | str | None, bool]:
    """How many rows the person's statement says it changed, or its SQLSTATE; and whether anything of Ada's changed."""
    with undone(app):
        enter_operator(app)
        before = _of_adas(app)
        enter_tenant(app, person.id)
        said: int | str | None
        try:
            with app.transaction():
                said = app.execute(sql, IDS).rowcount
        except psycopg.Error as error:
            said = error.sqlstate
        enter_operator(app)
        return said, _of_adas(app) != before


def answer(app: Connection, sql: LiteralString, **values: Any) -> tuple[Any, ...]:
    """All that the person can tell of the outcome, in words and numbers."""
    with undone(app):
        enter_tenant(app, EVE.id)
        try:
            cursor = app.execute(sql, {**IDS, **values})
            return cursor.rowcount, cursor.statusmessage
        except psycopg.Error as error:
            diag = error.diag
            said = diag.message_primary, diag.message_detail, diag.message_hint, diag.constraint_name, diag.table_name
            return error.sqlstate, *said


def _of_adas(app: Connection) -> list[list[tuple[Any, ...]]]:
    queries: list[LiteralString] = [
        "SELECT id, name, customer_id, auto_rotate_minutes FROM devices WHERE customer_id = %(ada)s",
        "SELECT id, username, active FROM proxy_connections WHERE customer_id = %(ada)s",
        "SELECT id, owner_id, shared_with, can_rename FROM device_shares WHERE owner_id = %(ada)s",
        "SELECT id FROM rotation_links WHERE device_id = %(hers)s",
    ]
    return [app.execute(query, IDS).fetchall() for query in queries]


@leak("missing predicate")
def test_a_missing_predicate(app: Connection) -> None:
    assert rows(app, "SELECT id FROM devices") == [(named("eves"),)]


@leak("OR that escapes the predicate")
def test_an_or_that_escapes_the_predicate(app: Connection) -> None:
    found = rows(app, "SELECT id FROM devices WHERE customer_id = %(me)s AND name <> '' OR status = 'offline'")

    assert found == [(named("eves"),)]


@leak("predicate on one side of a join only")
def test_a_predicate_on_one_side_of_a_join_only(app: Connection) -> None:
    found = rows(
        app,
        "SELECT c.device_id FROM devices AS d INNER JOIN proxy_connections AS c ON c.username <> d.name"
        " WHERE d.customer_id = %(me)s",
    )

    assert found == [(named("eves"),)]


@leak("predicate in one branch of a union only")
def test_a_predicate_in_one_branch_of_a_union_only(app: Connection) -> None:
    found = rows(app, "SELECT id FROM devices WHERE customer_id = %(me)s UNION SELECT device_id FROM rotation_links")

    assert found == [(named("eves"),)]


@leak("predicate in one CTE only")
def test_a_predicate_in_one_cte_only(app: Connection) -> None:
    found = rows(
        app,
        "WITH mine AS (SELECT id FROM devices WHERE customer_id = %(me)s), other AS (SELECT device_id FROM ip_history)"
        " SELECT o.device_id FROM mine AS m CROSS JOIN other AS o",
    )

    assert found == [(named("eves"),)]


@leak("unscoped update")
def test_an_unscoped_update(app: Connection) -> None:
    assert changed(app, "UPDATE devices SET name = 'x'") == (1, False)


@leak("unscoped delete")
def test_an_unscoped_delete(app: Connection) -> None:
    assert changed(app, "DELETE FROM proxy_connections") == (1, False)


@leak("insert with another's device_id")
@pytest.mark.parametrize("customer", ["me", "ada"])
def test_an_insert_with_anothers_device_id(app: Connection, customer: str) -> None:
    insert: LiteralString = (
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
        " VALUES (%(hers)s, %(customer)s, 'x', 'x')"
    )

    assert answer(app, insert, customer=IDS[customer])[0] == "42501"


@leak("composite key with null")
def test_a_composite_key_with_null(app: Connection) -> None:
    insert: LiteralString = (
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
        " VALUES (%(hers)s, NULL, 'x', 'x')"
    )

    assert changed(app, insert) == ("42501", False)


@leak("existence by foreign key")
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO rotation_links (device_id, token) VALUES (%(device)s, 'x')",
        "INSERT INTO device_commands (device_id, type) VALUES (%(device)s, 'reboot')",
        "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(device)s, %(me)s, %(ada)s)",
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
        " VALUES (%(device)s, %(me)s, 'x', 'x')",
        "INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id, reassign_device_id)"
        " VALUES ('x', 'x', '2030-01-01', %(me)s, %(device)s)",
    ],
)
def test_existence_by_foreign_key(app: Connection, sql: LiteralString) -> None:
    assert answer(app, sql, device=named("private")) == answer(app, sql, device=named("nothing"))


@leak("existence by unique violation")
@pytest.mark.parametrize(
    "sql",
    [
        # A chosen id, a chosen port: what may be taken is not the tenant's to choose.
        "INSERT INTO proxy_connections (id, device_id, customer_id, username, password_hash)"
        " VALUES (%(taken)s, %(mine)s, %(me)s, 'x', 'x')",
        "INSERT INTO proxy_connections (base_port, device_id, customer_id, username, password_hash)"
        " VALUES (40000, %(mine)s, %(me)s, 'x', 'x')",
        "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(hers)s, %(ada)s, %(sid)s)",
        "UPDATE customers SET email = 'staff@example.org'",
    ],
)
def test_existence_by_unique_violation(app: Connection, sql: LiteralString) -> None:
    taken, free = IDS["connection"], named("nothing")

    assert answer(app, sql, taken=taken) == answer(app, sql, taken=free)
    assert answer(app, sql, taken=taken)[0] == "42501"


@leak("existence by ON CONFLICT")
@pytest.mark.parametrize("action", ["NOTHING", "UPDATE SET can_rename = true"])
def test_existence_by_on_conflict(app: Connection, action: LiteralString) -> None:
    insert: LiteralString = (
        "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(device)s, %(ada)s, %(grantee)s)"
        " ON CONFLICT (device_id, shared_with) DO "
    )
    sql = insert + action
    there = answer(app, sql, device=named("shared"), grantee=GRANTEES[0].id)
    not_there = answer(app, sql, device=named("private"), grantee=GRANTEES[0].id)

    assert (there, there[0]) == (not_there, "42501")


@leak("error detail, hint, constraint name")
def test_error_detail_hint_constraint_name(app: Connection) -> None:
    # Refused by a policy or a trigger, before any constraint can say what it found.
    said = answer(app, "INSERT INTO rotation_links (device_id, token) VALUES (%(hers)s, 'private')")

    assert said == ("42501", "not allowed", None, None, None, None)


@leak("count", "aggregate", "size inference")
def test_counts_aggregates_and_sizes(app: Connection) -> None:
    found = rows(
        app,
        "SELECT (SELECT count(*) FROM devices), (SELECT sum(bytes_in)::bigint FROM bandwidth_logs),"
        " (SELECT max(username) FROM proxy_connections), (SELECT count(*) FROM customers)",
    )

    assert found == [(1, 7, "eves", 1)]


@leak("RETURNING")
def test_returning(app: Connection) -> None:
    given = rows(app, "UPDATE devices SET name = name RETURNING id")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(app, "UPDATE devices SET name = name RETURNING auth_token")

    assert given == [(named("eves"),)]


@leak("keyset cursor of another tenant replayed")
def test_a_keyset_cursor_of_another_tenant_replayed(app: Connection) -> None:
    after: LiteralString = "SELECT id FROM devices WHERE (name, id) > ('', %(cursor)s) ORDER BY name, id"
    with undone(app):
        enter_tenant(app, EVE.id)
        found = [app.execute(after, {"cursor": named(device)}).fetchall() for device in ("private", "nothing")]
    behind = [[(named("eves"),)] if named("eves") > named(device) else [] for device in ("private", "nothing")]

    assert found == behind


@leak("null owner")
def test_a_null_owner(app: Connection) -> None:
    found = [
        rows(app, "SELECT id FROM devices WHERE customer_id IS NULL"),
        rows(app, "SELECT id FROM devices WHERE customer_id IS NOT DISTINCT FROM NULL"),
        rows(app, "SELECT id FROM pairing_codes WHERE customer_id IS NULL"),
    ]

    assert (found, changed(app, "UPDATE devices SET customer_id = %(me)s WHERE customer_id IS NULL")[0]) == (
        [[], [], []],
        "42501",
    )


@leak("a permission used for another operation")
def test_a_permission_used_for_another_operation(app: Connection) -> None:
    renamer = next(g for g in GRANTEES if g.may("shared") == {"see", "can_rename"})

    assert [
        changed(app, sql, renamer)
        for sql in (
            "UPDATE devices SET auto_rotate_minutes = 1",
            "UPDATE proxy_connections SET active = false",
            "UPDATE devices SET name = 'x', auto_rotate_minutes = 1",
            "UPDATE devices SET auth_token = 'x'",
        )
    ] == [("42501", False), (0, False), ("42501", False), ("42501", False)]


@leak("recipient takes a share", "recipient extends a share", "re-share")
def test_a_recipient_takes_extends_or_passes_on_a_share(app: Connection) -> None:
    recipient = GRANTEES[-1]
    said = [
        changed(app, sql, recipient)
        for sql in (
            "UPDATE device_shares SET can_rename = true",
            "UPDATE device_shares SET owner_id = shared_with",
            "UPDATE devices SET customer_id = %(me)s",
            "DELETE FROM device_shares",
            "INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename)"
            " SELECT device_id, owner_id, %(me)s, true FROM device_shares",
            "INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename)"
            " SELECT device_id, shared_with, %(me)s, true FROM device_shares",
        )
    ]

    assert said == [
        ("42501", False),
        ("42501", False),
        ("42501", False),
        (0, False),
        ("42501", False),
        ("42501", False),
    ]


@leak("share with a suspended customer")
def test_a_share_with_a_suspended_customer_does_not_count(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, EVE.id)
        app.execute(
            "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(mine)s, %(me)s, %(sid)s)", IDS
        )
        enter_operator(app)
        counted = app.execute("SELECT viewers FROM devices WHERE id = %(mine)s", IDS).fetchall()

    assert counted == [(None,)]


@leak("table owner")
def test_the_tables_owner_is_held_by_the_policies_too(app: Connection) -> None:
    forced = app.execute(
        "SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY (%s)",
        [["devices", "device_shares", "proxy_connections", "customers", "users", "pairing_codes", "bandwidth_logs"]],
    ).fetchone()

    assert forced == (True,)


@leak("view owner")
def test_a_view_shows_no_more_than_the_tables(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, EVE.id)
        owner = app.execute(
            "SELECT r.rolname, r.rolsuper OR r.rolbypassrls"
            " FROM pg_class AS c INNER JOIN pg_roles AS r ON r.oid = c.relowner"
            " WHERE c.oid = 'connection_passwords'::regclass"
        ).fetchall()
        shown = app.execute("SELECT connection_id FROM connection_passwords").fetchall()

    assert (owner, shown) == ([("tenantstore_operator", False)], [(row_id("proxy_connections", "eves"),)])


@leak("definer function")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT tenantstore_refresh_access_lists(%(hers)s)",
        "SELECT tenantstore_refresh_suspended(%(ada)s)",
        "SELECT tenantstore_ensure_bandwidth_partition('2026-01-01')",
        "SELECT tenantstore_next_base_port()",
    ],
)
def test_a_definer_function_does_nothing_for_a_tenant(app: Connection, sql: LiteralString) -> None:
    assert answer(app, sql)[0] == "42501"


@leak("partition addressed directly")
def test_a_partition_addressed_directly(app: Connection) -> None:
    assert answer(app, "SELECT device_id FROM bandwidth_logs_2026_01")[0] == "42501"


@leak("COPY")
def test_copy(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, EVE.id)
        with app.cursor().copy("COPY (SELECT device_id FROM proxy_connections) TO STDOUT") as copy:
            copied = b"".join(bytes(part) for part in copy)

    assert (copied, answer(app, "COPY devices (name) FROM STDIN")[0]) == (f"{named('eves')}\n".encode(), "42501")


@leak("sequence inference")
def test_sequence_inference(app: Connection) -> None:
    said = [
        answer(app, sql)[0]
        for sql in (
            "SELECT nextval('devices_base_port_seq')",
            "SELECT currval('devices_base_port_seq')",
            "SELECT last_value FROM devices_base_port_seq",
        )
    ]

    assert said == ["42501"] * 3


@leak("tenant named by SQL text")
def test_a_tenant_named_by_sql_text(app: Connection) -> None:
    # A statement can set anything: the setting and the role it set itself would be those of whoever it names. What
    # stands in the way is that a catalogue holds no such statement, and that nobody assembles SQL.
    words = ("set_config", "current_setting", "set role", "set local", "reset", "session_user", "current_user")
    texts = {name: CATALOG.source(name).sql.lower() for name in CATALOG}

    assert [name for name, text in texts.items() if any(word in text for word in words)] == []
