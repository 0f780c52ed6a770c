"""Customers whose ids are texts, tables that inherit, keys of expressions, operators of the service's own."""

from collections.abc import Iterator

import psycopg
import pytest

from tenantstore.checking.analysis import Schema
from tenantstore.checking.tenancy import (
    EVERY,
    OWNER,
    Demand,
    Listed,
    Named,
    Table,
    TenantModel,
    Through,
)
from tenantstore.testing import Server
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.marked import findings, unmarked

_TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop."Orders" (
    "Id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_uuid uuid NOT NULL, slug text, open boolean
);
CREATE UNIQUE INDEX by_slug ON shop."Orders" (lower(slug));
CREATE TABLE shop."Order Lines" (
    order_id bigint NOT NULL REFERENCES shop."Orders", line int NOT NULL, sku text, PRIMARY KEY (order_id, line)
);
CREATE TABLE stickers (line int NOT NULL, order_id bigint REFERENCES shop."Orders");
CREATE TABLE notes (id int PRIMARY KEY, tenant text NOT NULL, body text NOT NULL, place text);
CREATE UNIQUE INDEX by_body ON notes (body) WHERE place = '';
CREATE UNIQUE INDEX by_place ON notes (tenant, lower(place));
CREATE TABLE old_notes () INHERITS (notes);
CREATE TABLE short_notes (tenant char(4) NOT NULL, body text);
CREATE TABLE plans (id int PRIMARY KEY);
CREATE TABLE bookings (
    id int PRIMARY KEY, tenant text NOT NULL, room int4range NOT NULL, plan_id int REFERENCES plans,
    CONSTRAINT one_guest EXCLUDE USING gist (room WITH &&)
);
CREATE TABLE lists (id int PRIMARY KEY, readers text[] NOT NULL);
CREATE TABLE regions (region text, tenant text, number int, name text, PRIMARY KEY (region, tenant, number));
CREATE TABLE rooms (
    region text, tenant text, number int, room int, name text, PRIMARY KEY (region, tenant, number, room),
    FOREIGN KEY (region, tenant, number) REFERENCES regions
);
CREATE FUNCTION peek(text, text) RETURNS boolean LANGUAGE sql STABLE RETURN EXISTS (
    SELECT FROM notes WHERE body = $2);
CREATE OPERATOR @@@ (FUNCTION = peek, LEFTARG = text, RIGHTARG = text);
"""
_OWNED = (Named("tenant", gives=(OWNER,)),)
_ORDERED = (Through("order_id", 'shop."Orders"', key="Id"),)
_MADE = (Demand(OWNER),)
_MODEL = TenantModel(
    {
        'shop."Orders"': Table(
            (Named("account_uuid", gives=(OWNER,)),), reads=EVERY, inserts=EVERY, makes=_MADE, updates={"slug": OWNER}
        ),
        'shop."Order Lines"': Table(_ORDERED, reads=EVERY, inserts=EVERY, makes=_MADE),
        "stickers": Table(_ORDERED, reads=EVERY, inserts=EVERY, makes=_MADE),
        "notes": Table(_OWNED, reads=EVERY, inserts=EVERY, makes=_MADE, unguessable=("id",)),
        "short_notes": Table(_OWNED, reads=EVERY),
        "bookings": Table(_OWNED, reads=EVERY, inserts=EVERY, makes=_MADE, unguessable=("id",)),
        "lists": Table((Listed("readers"),), reads=EVERY),
        "regions": Table(_OWNED, reads=EVERY, inserts=EVERY, makes=_MADE, updates={"name": OWNER}),
        "rooms": Table(
            (Through("region tenant number", "regions", key="region tenant number"),),
            reads=EVERY,
            inserts=EVERY,
            makes=_MADE,
        ),
    }
)
TEXTS = [
    'SELECT o."Id" FROM shop."Orders" AS o WHERE o.account_uuid = :customer_id',
    'SELECT o."Id" FROM shop.{{tenant-missing|"Orders"}} AS o WHERE o.account_uuid <> :customer_id',
    'SELECT l.sku FROM shop."Order Lines" AS l INNER JOIN shop."Orders" AS o ON o."Id" = l.order_id'
    " WHERE o.account_uuid = :customer_id",
    'SELECT l.sku FROM shop.{{tenant-missing|"Order Lines"}} AS l INNER JOIN shop."Orders" AS o ON o."Id" = l.line'
    " WHERE o.account_uuid = :customer_id",
    "SELECT r.name FROM rooms AS r INNER JOIN regions AS g USING (region, tenant, number)"
    " WHERE g.tenant = :customer_id",
    "SELECT r.name FROM {{tenant-missing|rooms}} AS r INNER JOIN regions AS g USING (region, number)"
    " WHERE g.tenant = :customer_id",
    "INSERT INTO rooms (region, tenant, number, room) SELECT g.region, g.tenant, g.number, :room FROM regions AS g"
    " WHERE g.tenant = :customer_id",
    # Where a sub-query finds nothing, a column that takes no null refuses the row, and another makes one of nobody.
    'INSERT INTO shop."Order Lines" (order_id, line) VALUES ((SELECT o."Id" FROM shop."Orders" AS o'
    ' WHERE o."Id" = :id AND o.account_uuid = :customer_id), 1)',
    'INSERT INTO {{insert-unbound|stickers}} (order_id, line) VALUES ((SELECT o."Id" FROM shop."Orders" AS o'
    ' WHERE o."Id" = :id AND o.account_uuid = :customer_id), 1)',
    # Blanks at the end of a text are lost in a comparison of another type, and what is cut off anywhere.
    "SELECT n.id FROM {{tenant-coerced|notes}} AS n WHERE n.tenant::bpchar = :customer_id::bpchar",
    "SELECT n.body FROM short_notes AS n WHERE n.tenant = :customer_id",
    "SELECT n.id FROM notes AS n WHERE n.tenant::varchar = :customer_id::varchar",
    "SELECT l.id FROM lists AS l WHERE :customer_id = ANY (l.readers)",
    "SELECT l.id FROM lists AS l WHERE :customer_id::varchar = ANY (l.readers::varchar[])",
    "SELECT l.id FROM {{tenant-missing|lists}} AS l WHERE :customer_id = ANY (l.readers::varchar(4)[])",
    # The key of a table is none of the rows that inherit from it.
    "SELECT b.body FROM notes AS a INNER JOIN {{tenant-missing|notes}} AS b ON b.id = a.id"
    " WHERE a.tenant = :customer_id",
    # A key of an expression or of some rows, and an exclusion, collide as well.
    "INSERT INTO notes (id, tenant, {{unique|body}}) VALUES (:id, :customer_id, :body)",
    'INSERT INTO shop."Orders" (account_uuid, {{unique|slug}}) VALUES (:customer_id, :slug)',
    'UPDATE shop."Orders" AS o SET {{unique|slug}} = :slug WHERE o.account_uuid = :customer_id',
    "INSERT INTO bookings (id, tenant, {{unique|room}}) VALUES (:id, :customer_id, :room)",
    "INSERT INTO bookings (id, tenant, {{unique|room}}, {{reference-unknown|plan_id}})"
    " VALUES (:id, :customer_id, :room, :plan_id)",
    "INSERT INTO regions (region, tenant, number) VALUES (:region, :customer_id, :number)"
    " ON CONFLICT (region, tenant, number) DO UPDATE SET name = excluded.name",
    "INSERT INTO regions (region, tenant, number) VALUES (:region, :customer_id, :number)"
    " ON CONFLICT ON CONSTRAINT regions_pkey DO UPDATE SET name = excluded.name",
]


@pytest.fixture(scope="module")
def keyed(server: Server) -> Iterator[Look]:
    server.create_database("other_keys")
    with psycopg.connect(server.dsn("other_keys"), autocommit=True) as connection:
        connection.execute(_TABLES)
        yield Look(connection, Schema(connection))
    server.drop_database("other_keys")


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_equal_and_what_collides_is_as_the_types_and_keys_have_it(keyed: Look, text: str) -> None:
    marked = unmarked(text)

    assert findings(keyed.connection, keyed.schema, _MODEL, marked) == marked.found


def test_an_operator_of_the_service_is_a_function_also_where_it_is_tried_on_each_element(keyed: Look) -> None:
    text = unmarked("SELECT n.id FROM notes AS n WHERE n.tenant = :customer_id AND :body @@@ ANY (ARRAY[:other])")

    assert findings(keyed.connection, keyed.schema, _MODEL, text) == [("function-unknown", "nowhere")]
