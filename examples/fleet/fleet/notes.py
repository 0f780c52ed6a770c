"""Notes: what the customers of a phone write about it.

Table ``notes`` (migration 001). SQL in ``sql/notes/``.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from tenantstore import Catalog, Statement

_CATALOG = Catalog(Path(__file__).parent / "sql")


@dataclass(frozen=True, slots=True)
class Note:
    """A row of ``notes`` as its readers see it."""

    id: UUID
    device_id: UUID
    author_id: UUID
    body: str
    created_at: datetime


_CREATE_FOR_CUSTOMER = _CATALOG.one(Note, "notes/create_for_customer")
_LIST_BY_DEVICE_FOR_CUSTOMER = _CATALOG.many(Note, "notes/list_by_device_for_customer")
_DELETE_OLDER = _CATALOG.affected("notes/delete_older")


def create_for_customer(device_id: UUID, customer_id: UUID, body: str) -> Statement[Note]:
    """A note on a phone that is theirs or shared with them.

    :raises NotFound: when it is neither.
    """
    return _CREATE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, body=body)


def list_by_device_for_customer(device_id: UUID, customer_id: UUID) -> Statement[list[Note]]:
    """The notes on a phone, oldest first: all of them for its owner, their own for anybody else."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id)


def delete_older(before: datetime) -> Statement[int]:
    """Everybody's notes from before then, away; their number."""
    return _DELETE_OLDER(before=before)
