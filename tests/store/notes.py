"""A small aggregate of the tests' own: a table with every constraint, and statements that do what they should not."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from tenantstore import Catalog, Statement

SETUP = """
CREATE TABLE notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES customers,
    body text NOT NULL UNIQUE,
    number integer DEFAULT 0 CHECK (number >= 0),
    at timestamptz,
    parent_id uuid REFERENCES notes,
    secret text DEFAULT 'a secret',
    EXCLUDE USING btree (number WITH =) WHERE (number = 13)
);
GRANT ALL ON TABLE notes TO tenantstore_operator;
GRANT SELECT (id, customer_id, body, number, at, parent_id), DELETE, UPDATE (body) ON TABLE notes TO tenantstore_tenant;
GRANT INSERT (customer_id, body, number, at, parent_id) ON TABLE notes TO tenantstore_tenant;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY notes_operator ON notes TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY notes_tenant ON notes TO tenantstore_tenant USING (customer_id = tenantstore_customer_id());
CREATE FUNCTION notes_fail(state text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'Bob''s secret' USING ERRCODE = state, DETAIL = 'Bob''s secret', TABLE = 'notes'; END $$;
INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.org'), ('Bob', 'bob@example.org');
INSERT INTO customers (name, email, active) VALUES ('Cyd', 'cyd@example.org', false);
"""


@dataclass(frozen=True, slots=True)
class Note:
    id: UUID
    customer_id: UUID
    body: str
    number: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Who:
    role: str
    customer: str | None
    login: str


CATALOG = Catalog(Path(__file__).parent / "sql")

_LIST_BY_CUSTOMER = CATALOG.many(Note, "notes/list_by_customer")
_GET_FOR_CUSTOMER = CATALOG.optional(Note, "notes/get_for_customer")
_CREATE_FOR_CUSTOMER = CATALOG.one(Note, "notes/create_for_customer")
_CREATE_UNDER_FOR_CUSTOMER = CATALOG.one(Note, "notes/create_under_for_customer")
_GIVE_AWAY_FOR_CUSTOMER = CATALOG.one(Note, "notes/give_away_for_customer")
_READ_SECRET_FOR_CUSTOMER = CATALOG.many(str, "notes/read_secret_for_customer")
_RENAME_FOR_CUSTOMER = CATALOG.one(Note, "notes/rename_for_customer")
_DELETE_ALL_FOR_CUSTOMER = CATALOG.affected("notes/delete_all_for_customer")
_WAIT_FOR_CUSTOMER = CATALOG.scalar(float, "notes/wait_for_customer")
_WRITE_AND_WAIT_FOR_CUSTOMER = CATALOG.one(Note, "notes/write_and_wait_for_customer")
_FAIL_FOR_CUSTOMER = CATALOG.scalar(int, "notes/fail_for_customer")
_WHO_FOR_CUSTOMER = CATALOG.one(Who, "notes/who_for_customer")
_WHO = CATALOG.one(Who, "notes/who")
_LIST_ALL = CATALOG.many(Note, "notes/list_all")
_CREATE = CATALOG.one(Note, "notes/create")
_FILL = CATALOG.affected("notes/fill")
_ECHO = CATALOG.scalar(str, "notes/echo")


def list_by_customer(customer_id: UUID) -> Statement[list[Note]]:
    return _LIST_BY_CUSTOMER(customer_id=customer_id)


def get_for_customer(note_id: UUID, customer_id: UUID) -> Statement[Note | None]:
    return _GET_FOR_CUSTOMER(note_id=note_id, customer_id=customer_id)


def create_for_customer(
    customer_id: UUID, body: str, number: int | None = 0, at: datetime | None = None
) -> Statement[Note]:
    return _CREATE_FOR_CUSTOMER(customer_id=customer_id, body=body, number=number, at=at)


def fail_for_customer(customer_id: UUID, state: str) -> Statement[int]:
    return _FAIL_FOR_CUSTOMER(customer_id=customer_id, state=state)


def create_under_for_customer(customer_id: UUID, body: str, parent_id: UUID) -> Statement[Note]:
    return _CREATE_UNDER_FOR_CUSTOMER(customer_id=customer_id, body=body, parent_id=parent_id)


def give_away_for_customer(customer_id: UUID, owner_id: UUID) -> Statement[Note]:
    return _GIVE_AWAY_FOR_CUSTOMER(customer_id=customer_id, owner_id=owner_id)


def read_secret_for_customer(customer_id: UUID) -> Statement[list[str]]:
    return _READ_SECRET_FOR_CUSTOMER(customer_id=customer_id)


def rename_for_customer(note_id: UUID, customer_id: UUID, body: str) -> Statement[Note]:
    return _RENAME_FOR_CUSTOMER(note_id=note_id, customer_id=customer_id, body=body)


def delete_all_for_customer(customer_id: UUID) -> Statement[int]:
    return _DELETE_ALL_FOR_CUSTOMER(customer_id=customer_id)


def wait_for_customer(customer_id: UUID, seconds: float) -> Statement[float]:
    return _WAIT_FOR_CUSTOMER(customer_id=customer_id, seconds=seconds)


def write_and_wait_for_customer(customer_id: UUID, body: str, seconds: float) -> Statement[Note]:
    return _WRITE_AND_WAIT_FOR_CUSTOMER(customer_id=customer_id, body=body, seconds=seconds)


def who_for_customer(customer_id: UUID) -> Statement[Who]:
    return _WHO_FOR_CUSTOMER(customer_id=customer_id)


def who() -> Statement[Who]:
    return _WHO()


def list_all() -> Statement[list[Note]]:
    return _LIST_ALL()


def create(owner_id: UUID, body: str, number: int = 0) -> Statement[Note]:
    return _CREATE(owner_id=owner_id, body=body, number=number)


def fill(owner_id: UUID, total: int) -> Statement[int]:
    return _FILL(owner_id=owner_id, total=total)


def echo(body: str) -> Statement[str]:
    return _ECHO(body=body)
