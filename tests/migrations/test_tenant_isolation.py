"""Migration 012 on databases that hold years of data, up and down."""

from typing import Any, LiteralString

import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import StatementFailed
from tests.migrations.looking import Admin, ask, columns, rows

OWNERS: LiteralString = "SELECT d.name, c.email FROM devices AS d LEFT JOIN customers AS c ON c.id = d.customer_id"
CONNECTIONS: LiteralString = (
    "SELECT p.username, c.email FROM proxy_connections AS p LEFT JOIN customers AS c ON c.id = p.customer_id"
)
CUSTOMERS: LiteralString = "SELECT email, name FROM customers WHERE name NOT IN ('Bob', 'Cyd')"
BOSS = "Boss@Fleet.example"

OWNER_CASES: dict[str, tuple[LiteralString, str, dict[str, str]]] = {
    "the first admin by time, then by id": ("SELECT 1", BOSS, {BOSS: "The boss"}),
    "an earlier admin": (
        "UPDATE users SET created_at = '2022-01-01' WHERE name = 'Second'",
        "second@fleet.example",
        {"second@fleet.example": "Second"},
    ),
    "a customer with the admin's e-mail in another case": (
        "INSERT INTO customers (name, email, active) VALUES ('There before', 'boss@FLEET.example', false)",
        "boss@FLEET.example",
        {"boss@FLEET.example": "There before"},
    ),
    "of two such customers the one with the very e-mail": (
        "INSERT INTO customers (name, email, created_at)"
        " VALUES ('Other', 'BOSS@fleet.example', '2020-01-01'), ('Very', 'Boss@Fleet.example', '2021-01-01')",
        BOSS,
        {"BOSS@fleet.example": "Other", BOSS: "Very"},
    ),
}


@pytest.mark.parametrize(("before", "owner", "made"), OWNER_CASES.values(), ids=OWNER_CASES)
def test_devices_become_those_of_the_first_admin(
    old: str, admin: Admin, before: LiteralString, owner: str, made: dict[str, str]
) -> None:
    admin.execute(before)
    migrate.up(old, to=12)

    assert (ask(admin, OWNERS), ask(admin, CUSTOMERS)) == (dict.fromkeys(("Rack 1", "", "Rack 3"), owner), made)


def test_the_customer_made_for_the_operator_is_active_and_verified_and_has_no_login(old: str, admin: Admin) -> None:
    migrate.up(old, to=12)

    assert admin.execute(
        "SELECT active, email_verified, password_hash, google_id FROM customers WHERE email = %s", [BOSS]
    ).fetchall() == [(True, True, None, None)]


def test_connections_get_their_devices_customer_unless_they_have_one(old: str, admin: Admin) -> None:
    migrate.up(old, to=12)

    assert ask(admin, CONNECTIONS) == {
        "bobs": "bob@example.org",
        "cyds": "cyd@example.org",
        "nobodys": BOSS,
        "nobodys, too": BOSS,
    }


def test_nothing_else_changes(old: str, admin: Admin) -> None:
    before = rows(admin)
    migrate.up(old, to=12)
    admin.execute("UPDATE proxy_connections SET customer_id = NULL WHERE username LIKE 'nobodys%'")
    admin.execute("DELETE FROM customers WHERE email = %s", [BOSS])
    admin.execute("ALTER TABLE devices DROP COLUMN customer_id")
    admin.execute("ALTER TABLE pairing_codes DROP COLUMN customer_id")

    assert rows(admin) == before


def test_without_admins_and_devices_there_is_nothing_to_seed(old: str, admin: Admin) -> None:
    admin.execute("DELETE FROM devices")
    admin.execute("UPDATE users SET role = 'operator'")
    migrate.up(old, to=12)

    assert ask(admin, CUSTOMERS) == {}


def test_without_devices_the_operator_becomes_a_customer(old: str, admin: Admin) -> None:
    admin.execute("DELETE FROM devices")
    migrate.up(old, to=12)

    assert ask(admin, CUSTOMERS) == {BOSS: "The boss"}


def test_devices_without_an_admin_stop_it_before_anything_changes(old: str, admin: Admin) -> None:
    admin.execute("UPDATE users SET role = 'operator'")
    before = (columns(admin), rows(admin), migrate.status(old))
    with pytest.raises(StatementFailed) as caught:
        migrate.up(old, to=12)

    assert (columns(admin), rows(admin), migrate.status(old)) == before
    assert "there are devices, and no admin user to become the customer who owns them" in str(caught.value)
    assert "UPDATE users SET role = 'admin' WHERE email" in str(caught.value)


def test_it_goes_through_once_there_is_an_admin(old: str, admin: Admin) -> None:
    admin.execute("UPDATE users SET role = 'operator'")
    with pytest.raises(StatementFailed):
        migrate.up(old, to=12)
    admin.execute("UPDATE users SET role = 'admin' WHERE email = 'staff@fleet.example'")
    migrate.up(old, to=12)

    assert set(ask(admin, OWNERS).values()) == {"staff@fleet.example"}


# What makes a run fail, and what takes that away again.
FAILURES: dict[str, tuple[LiteralString, LiteralString]] = {
    "in the second thousand of the connections": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON proxy_connections"
        " FOR EACH ROW WHEN (OLD.id = 'ffffffff-0000-4000-8000-000000000000') EXECUTE FUNCTION refuse()",
        "DROP FUNCTION refuse CASCADE",
    ),
    "at the last index but one": ("CREATE TABLE devices_customer_id_idx ()", "DROP TABLE devices_customer_id_idx"),
}


@pytest.mark.parametrize(("fault", "remedy"), FAILURES.values(), ids=FAILURES)
def test_a_run_that_failed_half_way_is_taken_up_again(
    old: str, admin: Admin, fault: LiteralString, remedy: LiteralString
) -> None:
    admin.execute(
        "INSERT INTO proxy_connections (id, device_id, username, password_hash)"
        " SELECT overlay(d.id::text placing to_hex(n + 4095) from 1 for 4)::uuid, d.id, 'u' || n, 'h'"
        " FROM devices AS d CROSS JOIN generate_series(1, 900) AS n"
        " UNION ALL"
        " SELECT 'ffffffff-0000-4000-8000-000000000000', d.id, 'last', 'h' FROM devices AS d WHERE d.name = ''"
    )
    before = ask(admin, CONNECTIONS)
    admin.execute(fault)
    with pytest.raises(StatementFailed):
        migrate.up(old, to=12)
    stamped = admin.execute("SELECT FROM proxy_connections WHERE customer_id IS NOT NULL").rowcount
    admin.execute(remedy)
    migrate.up(old, to=12)

    assert stamped > 1000
    assert ask(admin, CONNECTIONS) == {name: owner or BOSS for name, owner in before.items()}


@pytest.mark.parametrize("version", [12, None])
@pytest.mark.parametrize("before", [case[0] for case in OWNER_CASES.values()], ids=OWNER_CASES)
def test_down_puts_the_data_back_byte_for_byte(
    old: str, admin: Admin, before: LiteralString, version: int | None
) -> None:
    admin.execute(before)
    there = (columns(admin), rows(admin))
    migrate.up(old, to=version)
    migrate.down(old, to=11)

    assert (columns(admin), rows(admin)) == there


SINCE: dict[str, tuple[LiteralString, dict[str, str | None], dict[str, str]]] = {
    "shares and other owners": (
        "WITH given AS (UPDATE devices SET customer_id = 'c0000000-0000-4000-8000-000000000001' WHERE name = 'Rack 3'"
        " RETURNING id, customer_id)"
        " INSERT INTO device_shares (device_id, owner_id, shared_with)"
        " SELECT id, customer_id, 'c0000000-0000-4000-8000-000000000002' FROM given",
        {},
        {},
    ),
    "a connection of the operator": (
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
        " SELECT id, customer_id, 'new', 'h' FROM devices WHERE name = 'Rack 1'",
        {"new": BOSS},
        {BOSS: "The boss"},
    ),
    "a login of the operator": (
        "INSERT INTO customer_auth_tokens (customer_id, token_hash, type, expires_at)"
        " SELECT customer_id, 't', 'password_reset', now() FROM devices WHERE name = 'Rack 1'",
        {},
        {BOSS: "The boss"},
    ),
    "a connection that was given away": (
        "UPDATE proxy_connections SET customer_id = 'c0000000-0000-4000-8000-000000000001' WHERE username = 'nobodys'",
        {},
        {},
    ),
}


@pytest.mark.parametrize(("since", "connections", "customers"), SINCE.values(), ids=SINCE)
def test_down_takes_the_stamps_away_and_the_operators_customer_unless_it_is_in_use(
    old: str,
    admin: Admin,
    since: LiteralString,
    connections: dict[str, Any],
    customers: dict[str, str],
) -> None:
    before = ask(admin, CONNECTIONS)
    migrate.up(old, to=12)
    admin.execute(since)
    migrate.down(old, to=11)

    assert (ask(admin, CONNECTIONS), ask(admin, CUSTOMERS)) == ({**before, **connections}, customers)


def test_an_adopted_database_goes_up_and_down(old: str, admin: Admin) -> None:
    before = rows(admin)
    admin.execute("DROP TABLE tenantstore_migrations")
    # An older folder's name for it.
    admin.execute("ALTER INDEX proxy_connections_customer_id_idx RENAME TO idx_connections_customer")
    migrate.stamp(old, 11)
    migrate.up(old)
    migrate.down(old, to=11)

    assert rows(admin) == before
