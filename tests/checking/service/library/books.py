"""Books. SQL in ``sql/books/``."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from tenantstore import Statement

from .catalog import CATALOG

Condition = Literal["new", "worn", "lost"]


@dataclass(frozen=True, slots=True)
class Book:
    """A row of ``books``."""

    id: UUID
    number: str
    title: str
    subtitle: str | None
    condition: str
    keywords: list[str]
    price: Decimal | None


_GET = CATALOG.optional(Book, "books/get")
_LIST_BY_KEYWORDS = CATALOG.many(Book, "books/list_by_keywords")
_UPDATE_CONDITION = CATALOG.affected("books/update_condition")
_COUNT = CATALOG.scalar(int, "books/count")
_OLDEST_TITLE = CATALOG.optional(str, "books/oldest_title")


def get(number: str, customer_id: UUID) -> Statement[Book | None]:
    """The branch's copy."""
    return _GET(number=number, customer_id=customer_id)


def list_by_keywords(customer_id: UUID, keywords: list[str]) -> Statement[list[Book]]:
    """The branch's books that have one of the keywords, by title."""
    return _LIST_BY_KEYWORDS(customer_id=customer_id, keywords=keywords)


def update_condition(customer_id: UUID, book_id: UUID, condition: Condition) -> Statement[int]:
    """How many books were changed: one, or none."""
    return _UPDATE_CONDITION(customer_id=customer_id, book_id=book_id, condition=condition)


def count() -> Statement[int]:
    """How many books all branches have."""
    return _COUNT()


def oldest_title(branch: UUID | None) -> Statement[str | None]:
    """A title that comes first."""
    return _OLDEST_TITLE(branch=branch)
