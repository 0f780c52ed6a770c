"""All that the service writes to have the engines."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from tenantstore.testing.isolation import Isolation, IsolationTests

from .queries import CATALOG

ADA, BOB, CYD = (UUID(int=number) for number in (1, 2, 3))


def fill(admin: psycopg.Connection[Any]) -> Sequence[UUID]:
    for customer, name in ((ADA, "ada"), (BOB, "bob"), (CYD, "cyd")):
        admin.execute(
            "INSERT INTO customers (id, name, email) VALUES (%s, %s, %s || '@example.org')", [customer, name, name]
        )
    papers: list[tuple[UUID, str, list[UUID], list[UUID]]] = [
        (ADA, "alpha", [], []),
        (BOB, "beta", [ADA], []),
        (BOB, "gamma", [ADA], [ADA]),
        (BOB, "delta", [], []),
        (CYD, "epsilon", [], []),
        (CYD, "zeta", [BOB], [BOB]),
    ]
    for number, (author, slug, readers, editors) in enumerate(papers, start=10):
        admin.execute(
            "INSERT INTO papers (id, author_id, slug, title, readers, editors) VALUES (%s, %s, %s, %s, %s, %s)",
            [UUID(int=number), author, slug, f"On {slug}", readers, editors],
        )
    return [ADA, BOB]


def change(admin: psycopg.Connection[Any], customer_id: UUID) -> None:
    hidden = "author_id <> %(me)s AND NOT %(me)s = ANY (readers)"
    admin.execute(f"UPDATE papers SET title = 'changed' WHERE {hidden}", {"me": customer_id})
    admin.execute(f"DELETE FROM papers WHERE {hidden} AND slug = 'epsilon'", {"me": customer_id})
    # Two, so that not even their number is what it was.
    for number, slug in ((20, "eta"), (21, "theta")):
        insert = "INSERT INTO papers (id, author_id, slug, title) VALUES (%s, %s, %s, 'new')"
        admin.execute(insert, [UUID(int=number), CYD, slug])


class TestIsolation(IsolationTests):
    isolation = Isolation(
        CATALOG,
        fill,
        change,
        tenant_column="author_id",
        writable={"papers": "t.author_id = %(customer_id)s OR %(customer_id)s = ANY (t.editors)"},
        examples=25,
        endings={"revocation": "UPDATE papers SET editors = '{}' WHERE author_id <> %(customer_id)s"},
    )
