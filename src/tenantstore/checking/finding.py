"""What the doctor has to say about an object of the database."""

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from psycopg import Connection

from tenantstore.migrate.shown import indented, one_line

Look: TypeAlias = Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """``problem`` says what is wrong with ``object``, ``advice`` what to do: SQL, where SQL mends it."""

    code: str
    object: str
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{one_line(self.object)}: {self.code}: {one_line(self.problem)}\n    {indented(self.advice)}"

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)
