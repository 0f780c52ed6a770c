"""The service's queries."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tenantstore import Catalog, Statement

CATALOG = Catalog(Path(__file__).parent / "sql")


@dataclass(frozen=True, slots=True)
class Paper:
    id: UUID
    author_id: UUID
    slug: str
    title: str


_LIST_FOR_READER = CATALOG.many(Paper, "papers/list_for_reader")
_GET_FOR_READER = CATALOG.optional(Paper, "papers/get_for_reader")
_COUNT_FOR_AUTHOR = CATALOG.scalar(int, "papers/count_for_author")
_CREATE_FOR_AUTHOR = CATALOG.optional(Paper, "papers/create_for_author")
_RETITLE_FOR_EDITOR = CATALOG.one(Paper, "papers/retitle_for_editor")
_DELETE_FOR_AUTHOR = CATALOG.affected("papers/delete_for_author")
_LIST_ALL = CATALOG.many(Paper, "papers/list_all")
_PURGE = CATALOG.affected("papers/purge")


def list_for_reader(customer_id: UUID) -> Statement[list[Paper]]:
    return _LIST_FOR_READER(customer_id=customer_id)


def get_for_reader(paper_id: UUID, customer_id: UUID) -> Statement[Paper | None]:
    return _GET_FOR_READER(paper_id=paper_id, customer_id=customer_id)


def count_for_author(customer_id: UUID) -> Statement[int]:
    return _COUNT_FOR_AUTHOR(customer_id=customer_id)


def create_for_author(customer_id: UUID, slug: str, title: str) -> Statement[Paper | None]:
    return _CREATE_FOR_AUTHOR(customer_id=customer_id, slug=slug, title=title)


def retitle_for_editor(paper_id: UUID, customer_id: UUID, title: str) -> Statement[Paper]:
    return _RETITLE_FOR_EDITOR(paper_id=paper_id, customer_id=customer_id, title=title)


def delete_for_author(paper_id: UUID, customer_id: UUID) -> Statement[int]:
    return _DELETE_FOR_AUTHOR(paper_id=paper_id, customer_id=customer_id)


def list_all() -> Statement[list[Paper]]:
    return _LIST_ALL()


def purge(paper_id: UUID) -> Statement[int]:
    return _PURGE(paper_id=paper_id)
