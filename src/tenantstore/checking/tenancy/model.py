"""Which row is whose: what a service declares once, and what its queries and its policies are then proven against.

A customer *reaches* a row by a rule, and holds rights there: :data:`OWNER`, which stands for all, or permissions by
name. A row that no rule reaches is as good as absent. Another service has other names and other rules::

    MODEL = TenantModel(
        {
            "members": Table((Named("user_id", flags=("can_edit",)),), reads=("org_id", "user_id", "can_edit")),
            "orgs": Table((Granted("members", "org_id"),), reads=("id", "name")),
            "projects": Table((Through("org_id", "orgs"),), reads=EVERY, updates={"name": "can_edit"}),
            "plans": Table(public=True, reads=EVERY),
        }
    )
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

#: The right that stands for every other.
OWNER = "owner"
#: Whatever right reaches the row is enough.
ANY = "any"
#: All columns that there are and will be.
EVERY: Sequence[str] = ("*",)
#: The name of the parameter that carries the customer, in every query of scope tenant.
PARAMETER = "customer_id"


@dataclass(frozen=True, slots=True)
class Named:
    """The customer stands in ``column``, and no column of ``unless`` is true.

    ``gives`` are the rights this brings by itself; a column of ``flags`` that is true brings the right of its name.
    Where ``follows`` names a reference of the row, a row may also be made with the owner of what that names.
    """

    column: str
    gives: Sequence[str] = ()
    unless: Sequence[str] = ()
    flags: Sequence[str] = ()
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """The customer stands in an array ``column``."""

    column: str
    gives: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Through:
    """``columns`` name, by ``key``, a row of ``table`` reached with the right ``demands``. Its rights are theirs.

    Columns are one name, or several with blanks between them.
    """

    columns: str
    table: str
    key: str = "id"
    demands: str = ANY


@dataclass(frozen=True, slots=True)
class Granted:
    """A row of ``table`` that is reached names this one, by ``key``, in ``columns``. Its rights are had here too."""

    table: str
    columns: str
    key: str = "id"


Rule: TypeAlias = Named | Listed | Through | Granted


@dataclass(frozen=True, slots=True)
class Demand:
    """Who may insert: whoever has ``right``, where each column of ``only`` has that text."""

    right: str
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. Without rules, and not ``public``, it is nobody's but the operator's.

    ``reads`` and ``inserts`` are the columns that a tenant may name; ``makes`` is who may insert, any of them;
    ``updates`` gives for each column the right that it takes, ``deletes`` the right that a delete takes.
    ``foreign`` are columns that may hold a key of somebody else, such as the customer that something is shared with.
    ``unguessable`` are columns of unique indexes whose values nobody chooses or guesses: a collision tells nothing.
    """

    rules: Sequence[Rule] = ()
    reads: Sequence[str] = ()
    inserts: Sequence[str] = ()
    makes: Sequence[Demand] = ()
    updates: Mapping[str, str] = field(default_factory=dict)
    deletes: str | None = None
    public: bool = False
    foreign: Sequence[str] = ()
    unguessable: Sequence[str] = ()

    @property
    def owners(self) -> Sequence[Named]:
        """The rules by which a row is somebody's own: whoever makes one puts themselves there."""
        named = [rule for rule in self.rules if isinstance(rule, Named)]
        return [rule for rule in named if OWNER in rule.gives or rule.follows]

    @property
    def deciding(self) -> set[str]:
        """The columns that say by themselves who reaches a row."""
        return {rule.column for rule in self.rules if isinstance(rule, Named | Listed)}

    def may_read(self, column: str) -> bool:
        return "*" in self.reads or column in self.reads


@dataclass(frozen=True, slots=True)
class TenantModel:
    """``tables`` by the name that the search path finds; ``functions`` of the service's that a tenant's query may call.

    ``asks`` are functions, and ``setting`` a setting, that tell a policy who is asking; ``role`` is whom policies bind.
    """

    tables: Mapping[str, Table]
    functions: Sequence[str] = ()
    asks: Sequence[str] = ()
    setting: str | None = None
    role: str | None = None


def satisfies(rights: frozenset[str], demanded: str) -> bool:
    """Whether who has these rights has what is demanded."""
    return demanded == ANY or demanded in rights or OWNER in rights


def words(names: str) -> tuple[str, ...]:
    return tuple(names.split())
