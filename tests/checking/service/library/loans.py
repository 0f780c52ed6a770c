"""Loans. SQL in ``sql/loans/``."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tenantstore import Statement

from .catalog import CATALOG


@dataclass(frozen=True, slots=True)
class Loan:
    """A row of ``loans`` with its book's title."""

    id: UUID
    title: str
    borrower: str
    due_on: date
    returned_at: datetime | None
    notes: dict[str, Any]


_LIST_DUE = CATALOG.many(Loan, "loans/list_due")
_FINISH = CATALOG.one(Loan, "loans/finish")


class Loans:
    """The loans of one branch."""

    def __init__(self, customer_id: UUID) -> None:
        self.customer_id = customer_id

    def list_due(self, before: date) -> Statement[list[Loan]]:
        """What is out and due before that day, the longest due first."""
        return _LIST_DUE(customer_id=self.customer_id, before=before)

    def finish(self, loan_id: UUID, returned_at: datetime) -> Statement[Loan]:
        """The loan, which has ended."""
        return _FINISH(customer_id=self.customer_id, loan_id=loan_id, returned_at=returned_at)
