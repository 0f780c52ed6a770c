"""Migrations 013 to 018 on a database at 012 in which shares, good and bad, and suspensions are there already."""

from typing import LiteralString

import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import StatementFailed
from tests.isolation.world import wrong
from tests.migrations.looking import Admin, ask

# The boss owns all devices. Cyd is suspended.
SHARES: LiteralString = """
INSERT INTO customers (id, name, email) VALUES
    ('c0000000-0000-4000-8000-000000000003', 'Dee', 'dee@example.org'),
    ('c0000000-0000-4000-8000-000000000004', 'Eli', 'eli@example.org');

UPDATE proxy_connections AS c SET customer_id = d.customer_id FROM devices AS d WHERE d.id = c.device_id;

INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename, can_rotate_ip)
SELECT d.id, CASE s.giver WHEN 'owner' THEN d.customer_id ELSE g.id END, w.id, s.can_rename, s.can_rotate_ip
FROM (VALUES
    ('Rack 1', 'owner', 'Bob', true, false),
    ('Rack 1', 'owner', 'Dee', true, true),
    ('Rack 1', 'owner', 'Cyd', true, true),
    ('Rack 3', 'owner', 'Dee', false, false),
    ('Rack 3', 'Bob', 'Eli', true, true),
    ('Rack 3', 'owner', 'The boss', true, true),
    ('', 'Cyd', 'Bob', true, true)
) AS s (device, giver, grantee, can_rename, can_rotate_ip)
INNER JOIN devices AS d ON d.name = s.device
INNER JOIN customers AS w ON w.name = s.grantee
LEFT JOIN customers AS g ON g.name = s.giver;
"""
KEPT: LiteralString = """
SELECT d.name || ', ' || c.name, s.suspended
FROM device_shares AS s
INNER JOIN devices AS d ON d.id = s.device_id
INNER JOIN customers AS c ON c.id = s.shared_with
"""
VALIDATED: LiteralString = """
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'device_shares'::regclass AND contype IN ('c', 'f')
"""
RIGHT = {"Rack 1, Bob": False, "Rack 1, Dee": False, "Rack 1, Cyd": True, "Rack 3, Dee": False}


@pytest.fixture
def shared(old: str, admin: Admin) -> str:
    migrate.up(old, to=12)
    admin.execute(SHARES)
    return old


def test_lists_are_filled_and_shares_that_were_never_valid_are_gone(shared: str, admin: Admin) -> None:
    migrate.up(shared)

    assert (wrong(admin), ask(admin, KEPT)) == ([], RIGHT)


def test_the_references_of_shares_are_checked(shared: str, admin: Admin) -> None:
    migrate.up(shared)

    assert set(ask(admin, VALIDATED).values()) == {True}


def test_it_is_taken_up_again_after_a_failure(shared: str, admin: Admin) -> None:
    migrate.up(shared, to=17)
    admin.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE OF viewers ON devices"
        " FOR EACH ROW WHEN (OLD.name = 'Rack 3') EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(StatementFailed):
        migrate.up(shared)
    admin.execute("DROP FUNCTION refuse CASCADE")
    migrate.up(shared)

    assert (wrong(admin), ask(admin, KEPT)) == ([], RIGHT)


def test_ports_go_on_above_the_highest_in_use(shared: str, admin: Admin) -> None:
    migrate.up(shared)
    admin.execute(
        "INSERT INTO devices (android_id, base_port, http_port, socks5_port, udp_relay_port, ovpn_port)"
        " VALUES ('by hand', 31006, 1, 2, 3, 4)"
    )
    drawn = [admin.execute("SELECT tenantstore_next_base_port()").fetchone() for _ in range(2)]

    # A connection has 31000; by hand somebody took 31006, which overlaps 31004 and 31008.
    assert drawn == [(31012,), (31016,)]
