"""What goes wrong before a test has its database."""

from collections.abc import Sequence
from typing import NamedTuple

from tenantstore.errors import TenantstoreError


class Refusal(NamedTuple):
    """Why one provider gives no server, and the command that changes that."""

    provider: str
    reason: str
    fix: str


class NoProvider(TenantstoreError):
    """No provider gives a server; ``refusals`` stand in the order in which they were tried.

    :next: carry out one of the ``fix`` that the text lists, the first that suits.
    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(tuple(refusals))
        self.refusals: tuple[Refusal, ...] = tuple(refusals)

    def __str__(self) -> str:
        lines = ["no PostgreSQL to run on"]
        for provider, reason, fix in self.refusals:
            lines.append(f"  {provider}: " + reason.replace("\n", "\n    "))
            lines.append(f"    to fix it: {fix}")
        return "\n".join(lines)


class BypassesIsolation(TenantstoreError):
    """The tests' role is one whom row-level security does not hold, so they would show nothing about isolation.

    :next: carry out ``fix``, or name a role in ``ts_role`` that is not there yet.
    """

    def __init__(self, role: str, reason: str, fix: str) -> None:
        super().__init__(role, reason, fix)
        self.role = role
        self.reason = reason
        self.fix = fix

    def __str__(self) -> str:
        return (
            f"row-level security does not hold the role {self.role}: {self.reason}. "
            "Tests that log in with it show nothing about isolation.\n"
            f"  to fix it: {self.fix}\n"
            "  or name a role that is not there yet (ts_role in pytest's configuration), which is then made with\n"
            "    CREATE ROLE … LOGIN NOINHERIT IN ROLE tenantstore_tenant, tenantstore_operator"
        )


class ServerFailed(TenantstoreError):
    """A program of PostgreSQL failed; ``log`` is the end of what it said.

    :next: ``log`` says why: mostly a full disk, a folder that is not the server's, or a setting that it does not know.
    """

    def __init__(self, what: str, log: str) -> None:
        super().__init__(what, log)
        self.what = what
        self.log = log

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"  {line}" for line in self.log.splitlines())])
