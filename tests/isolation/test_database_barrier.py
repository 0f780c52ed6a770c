"""The permission table, by the database alone: the statements name what they want and no customer."""

from typing import LiteralString
from uuid import UUID

import psycopg
import pytest

from tests.isolation.operations import OPERATIONS, Operation
from tests.isolation.world import (
    ADA,
    CHILDREN,
    DEVICES,
    EVE,
    GRANTEES,
    HAL,
    OPERATOR,
    SHARES,
    SID,
    TENANTS,
    Connection,
    Person,
    attempt,
    enter_operator,
    enter_tenant,
    named,
    row_id,
    undone,
)

THE_OPERATOR = Person("the operator", dict.fromkeys(DEVICES, OPERATOR))
NOBODY = Person("the login role itself")
OWNED = [device for device, owner in DEVICES.items() if owner]


def enter(connection: Connection, person: Person) -> None:
    if person is THE_OPERATOR:
        enter_operator(connection)
    elif person is not NOBODY:
        enter_tenant(connection, person.id)


def values(person: Person, device: str) -> dict[str, UUID | None]:
    owner = DEVICES[device]
    return {
        "device": named(device),
        "owner": owner.id if owner else None,
        "connection": row_id("proxy_connections", device),
        "me": None if person in (THE_OPERATOR, NOBODY) else person.id,
        "someone": SID.id if owner is not SID else EVE.id,
        "relay": named("relay"),
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_may_do_what_the_permission_table_says(app: Connection, operation: Operation) -> None:
    done = {}
    for person in [*TENANTS, THE_OPERATOR, NOBODY]:
        with undone(app):
            enter(app, person)
            for device in OWNED:
                done[person.name, device] = attempt(app, operation.sql, values(person, device)) > 0

    assert done == {
        (person.name, device): operation.needs in person.may(device)
        for person in [*TENANTS, THE_OPERATOR, NOBODY]
        for device in OWNED
    }


SEEN_WITH = {
    "proxy_connections": "see",
    "ip_history": "can_rotate_ip",
    "bandwidth_logs": "can_rotate_ip",
    "device_commands": "can_rotate_ip",
    "rotation_links": "own",
    "device_status_logs": "can_rotate_ip",
}


@pytest.mark.parametrize("person", [*TENANTS, THE_OPERATOR], ids=lambda person: person.name)
def test_a_table_read_whole_shows_each_only_theirs(app: Connection, person: Person) -> None:
    with undone(app):
        enter(app, person)
        devices = set(app.execute("SELECT id FROM devices"))
        shares = set(app.execute("SELECT device_id, shared_with FROM device_shares"))
        children = {table: set(app.execute(_every_device(table))) for table in CHILDREN}

    assert devices == {(named(device),) for device in DEVICES if "see" in person.may(device)}
    assert shares == {
        (named(device), grantee.id)
        for device, grantee, _ in SHARES
        if "own" in person.may(device) or (grantee == person and "see" in person.may(device))
    }
    assert children == {
        table: {(named(device),) for device in DEVICES if SEEN_WITH[table] in person.may(device)} for table in CHILDREN
    }


def _every_device(table: LiteralString) -> psycopg.sql.Composed:
    return psycopg.sql.SQL("SELECT device_id FROM {}").format(psycopg.sql.Identifier(table))


@pytest.mark.parametrize("person", [*TENANTS, THE_OPERATOR], ids=lambda person: person.name)
def test_passwords_are_read_by_the_owner_the_operator_and_who_may_download_configs(
    app: Connection, person: Person
) -> None:
    with undone(app):
        enter(app, person)
        passwords = set(app.execute("SELECT connection_id, password_hash, password_plain FROM connection_passwords"))

    assert passwords == {
        (row_id("proxy_connections", device), "h", "p")
        for device in DEVICES
        if "can_download_configs" in person.may(device)
    }


def test_a_tenant_sees_of_customers_themselves_and_of_codes_their_own(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, ADA.id)
        seen = [
            app.execute("SELECT id FROM customers").fetchall(),
            set(app.execute("SELECT id FROM pairing_codes")),
            app.execute("SELECT ip FROM relay_servers").fetchall(),
        ]

    assert seen == [
        [(ADA.id,)],
        {(row_id("pairing_codes", "shared"),), (row_id("pairing_codes", "private"),)},
        [("192.0.2.1",)],
    ]


@pytest.mark.parametrize("customer_id", [HAL.id, SID.id, named("no such customer"), None])
@pytest.mark.parametrize("for_write", [True, False])
def test_a_scope_of_nobody_or_of_a_suspended_customer_is_not_entered(
    app: Connection, customer_id: UUID | None, for_write: bool
) -> None:
    with pytest.raises(psycopg.Error) as caught, app.transaction():
        enter_tenant(app, customer_id, for_write)

    assert (caught.value.sqlstate, caught.value.diag.message_primary, caught.value.diag.message_detail) == (
        "TS001",
        "customer is unknown or suspended",
        None,
    )
    assert app.execute("SELECT current_user, current_setting('tenantstore.customer_id', true)").fetchone() in (
        ("app", None),
        ("app", ""),
    )


@pytest.mark.parametrize("setting", ["", None])
def test_the_tenant_role_without_a_customer_sees_nothing(app: Connection, setting: str | None) -> None:
    with undone(app):
        app.execute("SET LOCAL ROLE tenantstore_tenant")
        if setting is not None:
            app.execute("SELECT set_config('tenantstore.customer_id', %s, true)", [setting])
        seen = [app.execute(_every_device(table)).rowcount for table in (*CHILDREN, "device_shares")]
        seen += [app.execute("SELECT id FROM devices").rowcount, app.execute("SELECT id FROM customers").rowcount]
        renamed = app.execute("UPDATE devices SET name = 'x'").rowcount

    assert (seen, renamed) == ([0] * 9, 0)


def test_after_a_scope_the_connection_is_nobody_again(app: Connection) -> None:
    with app.transaction():
        enter_tenant(app, ADA.id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("SELECT id FROM devices")

    assert app.execute("SELECT current_user, current_setting('tenantstore.customer_id', true)").fetchone() == (
        "app",
        "",
    )


def test_a_plan_made_in_one_scope_is_not_reused_in_another(app: Connection) -> None:
    app.prepare_threshold = 0
    seen = []
    for person in [THE_OPERATOR, ADA, EVE, *GRANTEES[:1]]:
        with app.transaction():
            enter(app, person)
            seen.append({row[0] for row in app.execute("SELECT id FROM devices")})

    assert seen == [
        {named(device) for device in DEVICES},
        {named("shared"), named("private")},
        {named("eves")},
        {named("shared")},
    ]


UNSEEN = [named("eves"), named("dark"), named("stray"), named("nothing at all")]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
        " VALUES (%(device)s, %(me)s, 'x', 'x')",
        "INSERT INTO proxy_connections (device_id, username, password_hash) VALUES (%(device)s, 'x', 'x')",
        "INSERT INTO device_commands (device_id, type) VALUES (%(device)s, 'rotate_ip')",
        "INSERT INTO rotation_links (device_id, token) VALUES (%(device)s, 'eves')",
        "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(device)s, %(me)s, %(other)s)",
        "INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id, reassign_device_id)"
        " VALUES ('x', 'x', '2030-01-01', %(me)s, %(device)s)",
        "UPDATE devices SET name = 'x' WHERE id = %(device)s",
        "DELETE FROM device_shares WHERE device_id = %(device)s",
        "SELECT count(*), max(created_at) FROM proxy_connections WHERE device_id = %(device)s",
    ],
)
def test_a_device_that_is_not_theirs_answers_as_one_that_is_not_there(app: Connection, sql: LiteralString) -> None:
    answers = set()
    for device in UNSEEN:
        try:
            with undone(app):
                enter_tenant(app, ADA.id)
                cursor = app.execute(sql, {"device": device, "me": ADA.id, "other": EVE.id})
                answers.add((cursor.rowcount, *(cursor.fetchall() if cursor.description else [])))
        except psycopg.Error as error:
            diag = error.diag
            answers.add(
                (error.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint, diag.constraint_name)
            )

    assert len(answers) == 1


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("INSERT INTO rotation_links (device_id, token) VALUES (%(device)s, 'eves')", "23505"),
        (
            "INSERT INTO rotation_links (device_id, token) VALUES (%(device)s, 'eves')"
            " ON CONFLICT (token) DO UPDATE SET device_id = excluded.device_id",
            "42501",
        ),
        ("INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(device)s, %(me)s, %(me)s)", "23514"),
        (
            "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(device)s, %(other)s, %(other)s)",
            "42501",
        ),
        (
            "INSERT INTO device_shares (device_id, owner_id, shared_with) VALUES (%(device)s, %(me)s, %(taken)s)",
            "23505",
        ),
        (
            "INSERT INTO device_shares (device_id, owner_id, shared_with, suspended)"
            " VALUES (%(device)s, %(me)s, %(me)s, false)",
            "42501",
        ),
        (
            "INSERT INTO proxy_connections (id, device_id, customer_id, username, password_hash)"
            " VALUES (%(taken)s, %(device)s, %(me)s, 'x', 'x')",
            "42501",
        ),
        (
            "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
            " VALUES (%(device)s, NULL, 'x', 'x')",
            "42501",
        ),
        (
            "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
            " VALUES (%(device)s, %(other)s, 'x', 'x')",
            "42501",
        ),
        ("UPDATE device_shares SET can_rename = true, owner_id = %(me)s", "42501"),
        ("COPY devices (name) FROM STDIN", "42501"),
        ("COPY rotation_links (device_id, token) FROM STDIN", "0A000"),
        ("TRUNCATE devices CASCADE", "42501"),
        ("SELECT device_id FROM bandwidth_logs_2026_01", "42501"),
        ("SELECT tenantstore_refresh_access_lists(%(device)s)", "42501"),
        ("SELECT tenantstore_refresh_suspended(%(me)s)", "42501"),
        ("CREATE TABLE mine (id uuid)", "42501"),
        ("ALTER TABLE devices DISABLE ROW LEVEL SECURITY", "42501"),
    ],
)
def test_an_owner_is_refused_without_a_word_of_another_row(app: Connection, sql: LiteralString, sqlstate: str) -> None:
    ids = {"device": named("shared"), "me": ADA.id, "other": EVE.id, "taken": GRANTEES[0].id}
    with undone(app):
        enter_tenant(app, ADA.id)
        with pytest.raises(psycopg.Error) as caught:
            app.execute(sql, ids)

    assert (caught.value.sqlstate, caught.value.diag.message_detail) == (sqlstate, None)


def test_a_tenant_hands_no_role_on(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, ADA.id)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("GRANT tenantstore_operator TO app")


def test_copy_to_shows_a_tenant_only_theirs(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, EVE.id)
        with app.cursor().copy("COPY rotation_links (device_id) TO STDOUT") as copy:
            copied = b"".join(bytes(part) for part in copy)

    assert copied == f"{named('eves')}\n".encode()


def test_row_security_turned_off_is_an_error_and_no_way_around(app: Connection) -> None:
    with undone(app):
        enter_tenant(app, EVE.id)
        app.execute("SET LOCAL row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT id FROM devices")


@pytest.mark.parametrize("relation", ["proxy_connections", "connection_passwords"])
def test_a_function_of_the_callers_is_not_shown_the_rows_behind_a_policy(
    app: Connection, relation: LiteralString
) -> None:
    shown: list[str | None] = []
    app.add_notice_handler(lambda notice: shown.append(notice.message_primary))
    column = {"proxy_connections": "username", "connection_passwords": "password_plain"}[relation]
    with undone(app):
        enter_tenant(app, EVE.id)
        app.execute(
            "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
            " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        query = psycopg.sql.SQL("SELECT FROM {} WHERE pg_temp.leak({})")
        app.execute(query.format(psycopg.sql.Identifier(relation), psycopg.sql.Identifier(column)))

    assert len(shown) == 1


@pytest.mark.parametrize("for_write", [True, False])
def test_tables_of_the_callers_do_not_stand_in_for_ours_in_our_functions(app: Connection, for_write: bool) -> None:
    with undone(app):
        app.execute("CREATE TEMP TABLE customers (id uuid, active boolean)")
        app.execute("INSERT INTO customers VALUES (%s, true)", [SID.id])
        app.execute("CREATE TEMP TABLE active_scope AS SELECT true AS entered")
        app.execute("GRANT ALL ON customers, active_scope TO PUBLIC")
        app.execute("SET LOCAL search_path = pg_temp, public")
        with pytest.raises(psycopg.Error) as caught:
            enter_tenant(app, SID.id, for_write)

    assert caught.value.sqlstate == "TS001"


@pytest.mark.parametrize("customer_id", [ADA.id, SID.id])
@pytest.mark.parametrize("role", ["none", "tenantstore_operator"])
def test_whether_a_customer_is_active_is_told_to_nobody_but_themselves(
    app: Connection, role: LiteralString, customer_id: UUID
) -> None:
    shown: list[str | None] = []
    app.add_notice_handler(lambda notice: shown.append(notice.message_primary))
    with undone(app):
        app.execute(
            "CREATE FUNCTION pg_temp.leak(boolean) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
            " AS $$ BEGIN RAISE NOTICE 'a customer'; RETURN true; END $$"
        )
        app.execute("SELECT set_config('tenantstore.customer_id', %s, true)", [str(customer_id)])
        app.execute(psycopg.sql.SQL("SET LOCAL ROLE {}").format(psycopg.sql.SQL(role)))
        told = app.execute("SELECT FROM active_scope WHERE pg_temp.leak(entered)").rowcount

    assert (told, shown) == (0, [])


def test_a_tenants_condition_counts_no_other_customer(app: Connection) -> None:
    shown: list[str | None] = []
    app.add_notice_handler(lambda notice: shown.append(notice.message_primary))
    with undone(app):
        enter_tenant(app, EVE.id)
        app.execute(
            "CREATE FUNCTION pg_temp.leak(boolean) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
            " AS $$ BEGIN RAISE NOTICE 'a customer'; RETURN true; END $$"
        )
        for way in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"):
            app.execute("SELECT set_config(%s, 'off', true)", [way])
        app.execute("SELECT FROM active_scope WHERE pg_temp.leak(entered)")

    assert shown == ["a customer"]
