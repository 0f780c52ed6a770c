"""What is listed although nothing is wrong: uses of a column, and what a review wants to see."""

import pytest

from tenantstore.checking.query.audit import audit
from tenantstore.checking.query.uses import uses
from tenantstore.migrate.errors import Misconfigured
from tests.checking.query.conftest import Checked

FILES = {
    "a/count": "-- scope: operator\nSELECT count(*) AS n FROM users AS u;\n",
    "a/delete": "-- All of them.\n-- scope: operator\nDELETE FROM users AS u;\n",
    "a/email": "-- The e-mail\n-- of one.\n-- scope: operator\nSELECT u.email FROM users AS u\nWHERE u.id = :id;\n",
    "a/hash": "-- scope: operator\nUPDATE users AS u\nSET password_hash = u.password_hash || :salt;\n",
    "a/passwords": "-- scope: operator\nSELECT p.password_plain FROM connection_passwords AS p;\n",
    "a/row": "-- not-null: u: there is one\n-- scope: operator\nSELECT to_jsonb(u) AS u FROM users AS u;\n",
    "a/own": "-- scope: tenant\nSELECT d.name FROM devices AS d WHERE d.customer_id = :customer_id;\n",
}
PYTHON = """\
@dataclass(frozen=True, slots=True)
class Email:
    email: str | None


A = catalog.scalar(int, "a/count")
B = catalog.affected("a/delete")
C = catalog.optional(Email, "a/email")
D = catalog.affected("a/hash")
E = catalog.many(object, "a/passwords")
F = catalog.many(Any, "a/row")
G = catalog.many(str, "a/own")
"""
USES = {
    "users.email": [
        "sql/a/delete.sql:3:1: writes (operator)",
        "sql/a/email.sql:4:10: reads (operator)",
        "sql/a/row.sql:3:1: reads (operator)",
    ],
    "users.password_hash": [
        "sql/a/delete.sql:3:1: writes (operator)",
        "sql/a/hash.sql:3:5: reads and writes (operator)",
        "sql/a/row.sql:3:1: reads (operator)",
    ],
    "proxy_connections.password_plain": ["sql/a/passwords.sql:2:10: reads (operator)"],
    "connection_passwords": ["sql/a/passwords.sql:2:30: reads (operator)"],
    # The view asks who owns the device.
    "devices": ["sql/a/own.sql:2:20: reads (tenant)", "sql/a/passwords.sql:2:1: reads (operator)"],
    "users": [
        "sql/a/count.sql:2:27: reads (operator)",
        "sql/a/delete.sql:3:13: writes (operator)",
        "sql/a/email.sql:4:21: reads (operator)",
        "sql/a/hash.sql:2:8: reads and writes (operator)",
        "sql/a/row.sql:3:30: reads (operator)",
    ],
}


@pytest.mark.parametrize("name", USES)
def test_the_uses_of_a_column_or_a_table(checked: Checked, name: str) -> None:
    assert [str(each) for each in uses(checked(FILES, PYTHON), name)] == USES[name]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("users.emial", "no query uses users.emial; did you mean users.email?"),
        ("user", "no query uses user; did you mean users?"),
    ],
)
def test_what_no_query_uses_is_an_error(checked: Checked, name: str, problem: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        uses(checked(FILES, PYTHON), name)

    assert str(refused.value) == problem


def test_the_audit(checked: Checked) -> None:
    assert [str(each) for each in audit(checked(FILES, PYTHON))] == [
        "sql/a/count.sql:2: a/count: names no customer's table",
        "sql/a/delete.sql:3: a/delete: names no customer's table\n    All of them.",
        "sql/a/email.sql:4: a/email: names no customer's table\n    The e-mail of one.",
        "sql/a/hash.sql:2: a/hash: names no customer's table",
        "sql/a/passwords.sql:2: a/passwords: reads connection_passwords, device_shares, devices, proxy_connections",
        "sql/a/row.sql:3: a/row: names no customer's table",
        "sql/a/row.sql:1: a/row: not-null u\n    there is one",
        "orders.py:17: Email.email: str | None",
    ]
