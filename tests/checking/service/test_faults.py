"""Faults planted in a service that is not ours: each is found, once, and where it is."""

import pytest

from tenantstore.checking.query.finding import Finding
from tests.checking.service.conftest import Faulty

BOOKS, LOANS = "library/sql/books", "library/sql/loans"
# The file, what is written there, what instead of it; what is found, with the line of the other half.
FAULTS: dict[str, tuple[str, str, str, list[str]]] = {
    "a column that was renamed": (f"{BOOKS}/get.sql", "b.title", "b.name", ["refused get.sql:6:5"]),
    "a parameter of another type": (
        "library/books.py",
        "book_id: UUID",
        "book_id: int",
        ["parameter update_condition.sql:5:14 books.py:45"],
    ),
    "a word that the enum has not": (
        "library/books.py",
        '"worn", "lost"',
        '"worn", "gone"',
        ["parameter update_condition.sql:4:17 books.py:45"],
    ),
    "a column too many": (f"{BOOKS}/get.sql", "b.price\n", "b.price,\n    b.branch\n", ["columns get.sql:11:5"]),
    "two columns in another order": (
        f"{LOANS}/list_due.sql",
        "    l.borrower,\n    l.due_on,\n",
        "    l.due_on,\n    l.borrower,\n",
        ["columns list_due.sql:6:5 loans.py:19"],
    ),
    "an enum that comes as bytes": (
        f"{BOOKS}/get.sql",
        "b.condition::text AS condition",
        "b.condition",
        ["type get.sql:8:5 books.py:23"],
    ),
    "a number that is none": (
        "library/loans.py",
        "due_on: date",
        "due_on: int",
        ["type finish.sql:11:5 loans.py:20", "type list_due.sql:7:5 loans.py:20"],
    ),
    "a null": (
        f"{LOANS}/list_due.sql",
        "INNER JOIN books AS b ON b.id = l.book_id\nWHERE b.branch = :customer_id",
        "LEFT JOIN books AS b ON b.id = l.book_id AND b.subtitle IS NULL\n"
        "WHERE l.book_id IN (SELECT o.id FROM books AS o WHERE o.branch = :customer_id)",
        ["nullable list_due.sql:5:5 loans.py:18"],
    ),
    "a row of several": (f"{BOOKS}/get.sql", "= :number", "> :number", ["many-rows get.sql:3:1 books.py:28"]),
    "a claim that is proven": (
        f"{BOOKS}/get.sql",
        "-- scope",
        "-- at-most-one: the number is the branch's key\n-- scope",
        ["needless-claim get.sql:2:1"],
    ),
    "no customer": (
        f"{LOANS}/list_due.sql",
        "b.branch = :customer_id AND",
        ":customer_id::uuid IS NOT NULL AND",
        ["tenant-missing list_due.sql:10:6", "tenant-missing list_due.sql:11:12"],
    ),
    "an OR that escapes": (
        f"{LOANS}/list_due.sql",
        "b.branch = :customer_id",
        "(b.branch = :customer_id OR b.title = 'The Bible')",
        ["tenant-or list_due.sql:12:32"],
    ),
    "a star": (
        f"{BOOKS}/oldest_title.sql",
        "SELECT b.title",
        "SELECT b.*",
        ["columns oldest_title.sql:3:8 books.py:32", "star oldest_title.sql:3:10"],
    ),
    "a volatile function": (
        f"{LOANS}/finish.sql",
        "SET returned_at = :returned_at",
        "SET returned_at = :returned_at::timestamptz + random() * interval '1 day'",
        ["volatile finish.sql:4:47"],
    ),
    "a file that nothing declares": (
        f"{BOOKS}/old.sql",
        "",
        "-- scope: operator\nSELECT 1;\n",
        ["unused-file old.sql:1:1"],
    ),
    "a query that nothing calls": (
        "library/books.py",
        "return _COUNT()",
        "raise NotImplementedError",
        ["unused-query count.sql:3:1 books.py:31"],
    ),
    "a declaration that does not fit": (
        f"{BOOKS}/count.sql",
        "-- scope: operator",
        "-- scope: everybody",
        ["declaration count.sql:2:11"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_where_it_is(faulty: Faulty, fault: str) -> None:
    file, old, new, expected = FAULTS[fault]

    assert [_placed(each) for each in faulty(file, old, new)] == expected


def _placed(finding: Finding) -> str:
    place, python = finding.place, finding.python
    assert place is not None
    other_half = f" {python.path.name}:{python.line}" if python else ""
    return f"{finding.code} {place.path.name}:{place.line}:{place.column}{other_half}"
