"""What a resolved statement refers to by number: relations, types, functions, operators, as one database has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from psycopg import Connection
from psycopg.rows import tuple_row

from tenantstore.checking.analysis.nodes import Node, read

Oid: TypeAlias = int
#: r table, p partitioned table, v view, m materialized view, f foreign table, t TOAST, i index, S sequence, c type
Kind: TypeAlias = Literal["r", "p", "v", "m", "f", "t", "i", "S", "c"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of a relation. ``not_null`` is its own constraint; one that is NOT VALID does not count."""

    name: str
    type: Oid
    not_null: bool
    generated: bool


@dataclass(frozen=True, slots=True)
class Key:
    """The columns, by number, of a unique index that holds for every row: whole, valid, not deferred.

    ``nulls_distinct`` allows any number of rows with a null among them. ``families`` are the operator families that
    decide what is equal, a column each; ``collations`` go with them, 0 for a type without.
    """

    index: str
    columns: tuple[int, ...]
    nulls_distinct: bool
    families: tuple[Oid, ...] = ()
    collations: tuple[Oid, ...] = ()


@dataclass(frozen=True, slots=True)
class Collision:
    """A unique index or an exclusion that can refuse a row: ``equal`` are the columns that must agree for that.

    ``uses`` are all its columns, also those in its expressions and its condition.
    """

    index: str
    equal: frozenset[int]
    uses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: ``columns`` of this relation name ``referenced`` of ``relation``."""

    name: str
    columns: tuple[int, ...]
    relation: Oid
    referenced: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. ``attributes`` are by number, from 1; those that were dropped are not there.

    ``name`` has the schema in front unless the search path finds it without; ``parent`` is the partitioned table or
    the table that it inherits from. A write to one that is ``redirected`` is what a rule or an INSTEAD OF trigger makes
    of it, a rule where it is ``ruled``; to one that is ``amended``, what a trigger that fires before each row stores,
    or skips.
    """

    oid: Oid
    schema: str
    name: str
    kind: Kind
    attributes: Mapping[int, Attribute]
    keys: Sequence[Key]
    references: Sequence[Reference]
    parent: Oid | None
    system: bool
    redirected: bool = False
    amended: bool = False
    ruled: bool = False
    collisions: Sequence[Collision] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """``kind`` is f function, a aggregate, w window function, p procedure; ``volatile`` is i, s or v."""

    oid: Oid
    schema: str
    name: str
    kind: str
    strict: bool
    volatile: str
    returns_set: bool
    definer: bool
    result: Oid
    arguments: Sequence[Oid] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """``name`` as ``format_type`` gives it. A domain says what it is ``of``; ``not_null`` is the domain's."""

    oid: Oid
    name: str
    kind: str
    of: Oid
    not_null: bool
    element: Oid
    category: str


_RELATIONS = """
SELECT
    c.oid, n.nspname, c.oid::regclass::text, c.relkind, i.inhparent,
    n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast'),
    EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.ev_type <> '1')
    OR EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgtype & 64 <> 0),
    EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgtype & 3 = 3),
    EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.ev_type <> '1')
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND i.inhseqno = 1
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
"""
_ATTRIBUTES = """
SELECT
    a.attrelid, a.attnum, a.attname, a.atttypid,
    a.attnotnull AND NOT EXISTS (
        SELECT FROM pg_constraint AS k
        WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey)
    ),
    a.attgenerated <> ''
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
# Those with an expression or a condition hold for some rows only.
_KEYS = """
SELECT
    i.indrelid, c.relname, i.indkey::text, i.indnkeyatts, NOT i.indnullsnotdistinct,
    ARRAY(
        SELECT o.opcfamily
        FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS u (class, n)
        INNER JOIN pg_opclass AS o ON o.oid = u.class
        ORDER BY u.n
    ),
    i.indcollation::oid[]
FROM pg_index AS i
INNER JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indrelid, NOT i.indisprimary, c.relname
"""
# Of an exclusion, those columns agree that are compared by an equality. The columns of an expression, and of a
# condition, are what the index depends on.
_COLLISIONS = """
SELECT
    i.indrelid, c.relname,
    ARRAY(
        SELECT u.number FROM unnest(i.indkey::int2[], k.conexclop) WITH ORDINALITY AS u (number, operator, n)
        WHERE u.n <= i.indnkeyatts AND u.number > 0 AND (k.oid IS NULL OR u.operator IN (
            SELECT o.amopopr FROM pg_amop AS o INNER JOIN pg_am AS m ON m.oid = o.amopmethod
            WHERE m.amname = 'btree' AND o.amopstrategy = 3
        ))
    ),
    ARRAY(SELECT u.number FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (number, n) WHERE u.n <= i.indnkeyatts)
    || ARRAY(
        SELECT d.refobjsubid::int2 FROM pg_depend AS d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
    )
FROM pg_index AS i
INNER JOIN pg_class AS c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype = 'x'
WHERE i.indisunique OR i.indisexclusion
ORDER BY i.indrelid, NOT i.indisprimary, c.relname
"""
# From 18 on one can be there and not be enforced.
_REFERENCES = """
SELECT conrelid, conname, conkey::int[], confrelid, confkey::int[]
FROM pg_constraint
WHERE contype = 'f' AND pg_get_constraintdef(oid) NOT LIKE '% NOT ENFORCED'
ORDER BY conrelid, conname
"""
_FUNCTIONS = """
SELECT
    p.oid, n.nspname, p.proname, p.prokind, p.proisstrict, p.provolatile, p.proretset, p.prosecdef, p.prorettype,
    p.proargtypes::oid[]
FROM pg_proc AS p
INNER JOIN pg_namespace AS n ON n.oid = p.pronamespace
"""
_TYPES = """
SELECT t.oid, format_type(t.oid, NULL), t.typtype, t.typbasetype, t.typnotnull, t.typelem, t.typcategory
FROM pg_type AS t
"""
# An operator is equality where a btree or hash family says so, whatever it is called.
_EQUALITIES = """
SELECT o.amopopr, o.amopfamily
FROM pg_amop AS o
INNER JOIN pg_am AS m ON m.oid = o.amopmethod
WHERE (m.amname = 'btree' AND o.amopstrategy = 3) OR (m.amname = 'hash' AND o.amopstrategy = 1)
"""
_CHILDREN = "SELECT inhparent, inhrelid FROM pg_inherits ORDER BY inhparent, inhrelid"
_LOOSE = "SELECT oid FROM pg_collation WHERE NOT collisdeterministic"
_OPERATORS = "SELECT oid, oprname, oprcode::oid FROM pg_operator"
_GENERATED = """
SELECT d.adnum, d.adbin::text
FROM pg_attrdef AS d
INNER JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = %s AND a.attgenerated <> ''
"""
# Those that came with the server are not recorded.
_CHECKS = """
SELECT k.contypid, coalesce(o.oprcode::oid, d.refobjid)
FROM pg_constraint AS k
INNER JOIN pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
LEFT JOIN pg_operator AS o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
WHERE k.contypid <> 0 AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
ORDER BY k.contypid, d.refobjid
"""
_CONSTRAINED = "SELECT unnest(conkey)::int FROM pg_constraint WHERE oid = %s"
_VIEW = "SELECT ev_action::text FROM pg_rewrite WHERE ev_class = %s AND ev_type = '1'"


class Schema:
    """Reads the catalogs once, when it is made. ``view`` and ``generated`` ask again, so the connection stays open."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self.version: int = connection.info.server_version // 10000
        self.functions: dict[Oid, Function] = {row[0]: Function(*row) for row in self._rows(_FUNCTIONS)}
        self.types: dict[Oid, Type] = {row[0]: Type(*row) for row in self._rows(_TYPES)}
        #: Each operator that is an equality, with the families that say so.
        self.equality_families: dict[Oid, set[Oid]] = {}
        for operator, family in self._rows(_EQUALITIES):
            self.equality_families.setdefault(operator, set()).add(family)
        self.equalities: frozenset[Oid] = frozenset(self.equality_families)
        #: Partitions and inheriting tables, one step down.
        self.children: dict[Oid, list[Oid]] = {}
        for parent, child in self._rows(_CHILDREN):
            self.children.setdefault(parent, []).append(child)
        self.relations: dict[Oid, Relation] = self._relations()
        self._views: dict[Oid, Node] = {}
        self._generated: dict[Oid, dict[int, Node]] = {}

    @cached_property
    def operators(self) -> dict[Oid, tuple[str, Oid]]:
        """By oid the name and the function."""
        return {oid: (name, function) for oid, name, function in self._rows(_OPERATORS)}

    @cached_property
    def _checks(self) -> dict[Oid, list[Oid]]:
        found: dict[Oid, list[Oid]] = {}
        for domain, function in self._rows(_CHECKS):
            found.setdefault(domain, []).append(function)
        return found

    def checks(self, oid: Oid) -> Iterator[Function]:
        """The functions of somebody's own that a value of a domain is checked by."""
        found = self.types[oid]
        while found.kind == "d":
            yield from map(self.functions.__getitem__, self._checks.get(found.oid, ()))
            found = self.types[found.of]

    @cached_property
    def loose_collations(self) -> frozenset[Oid]:
        """Those under which texts of different bytes can be equal."""
        return frozenset(oid for (oid,) in self._rows(_LOOSE))

    @cached_property
    def names(self) -> dict[str, Relation]:
        """The relations by ``name``."""
        return {relation.name: relation for relation in self.relations.values()}

    def descendants(self, relation: Oid) -> Iterator[Oid]:
        """The relation itself, its partitions and what inherits from it, all the way down."""
        yield relation
        for child in self.children.get(relation, ()):
            yield from self.descendants(child)

    def view(self, relation: Oid) -> Node:
        """The resolved query of a view."""
        if relation not in self._views:
            ((text,),) = self._rows(_VIEW, [relation])
            self._views[relation] = read(text)[0]
        return self._views[relation]

    def generated(self, relation: Oid) -> Mapping[int, Node]:
        """What the columns of a table are generated from, by number; in it the table is relation 1."""
        if relation not in self._generated:
            self._generated[relation] = {number: read(text) for number, text in self._rows(_GENERATED, [relation])}
        return self._generated[relation]

    def constrained(self, constraint: Oid) -> list[int]:
        """The columns of a constraint."""
        return [number for (number,) in self._rows(_CONSTRAINED, [constraint])]

    def base_type(self, oid: Oid) -> Type:
        """The type itself, or what a domain is of in the end."""
        found = self.types[oid]
        while found.kind == "d":
            found = self.types[found.of]
        return found

    def never_null(self, oid: Oid) -> bool:
        """Whether the type is a domain that takes no null, itself or through one it is of."""
        found = self.types[oid]
        while found.kind == "d" and not found.not_null:
            found = self.types[found.of]
        return found.kind == "d" and found.not_null

    def _rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(sql.encode(), parameters).fetchall()

    def _relations(self) -> dict[Oid, Relation]:
        attributes: dict[Oid, dict[int, Attribute]] = {}
        for relation, number, *rest in self._rows(_ATTRIBUTES):
            attributes.setdefault(relation, {})[number] = Attribute(*rest)
        keys: dict[Oid, list[Key]] = {}
        for relation, name, columns, count, nulls_distinct, families, collations in self._rows(_KEYS):
            numbers = tuple(map(int, columns.split()[:count]))
            rest = (tuple(families[:count]), tuple(collations[:count]))
            keys.setdefault(relation, []).append(Key(name, numbers, nulls_distinct, *rest))
        collisions: dict[Oid, list[Collision]] = {}
        for relation, name, equal, uses in self._rows(_COLLISIONS):
            collisions.setdefault(relation, []).append(Collision(name, frozenset(equal), frozenset(uses) - {0}))
        references: dict[Oid, list[Reference]] = {}
        for relation, name, columns, other, referenced in self._rows(_REFERENCES):
            references.setdefault(relation, []).append(Reference(name, tuple(columns), other, tuple(referenced)))
        return {
            oid: Relation(
                oid,
                schema,
                name,
                kind,
                attributes.get(oid, {}),
                keys.get(oid, ()),
                references.get(oid, ()),
                parent,
                system,
                redirected,
                amended,
                ruled,
                collisions.get(oid, ()),
            )
            for oid, schema, name, kind, parent, system, redirected, amended, ruled in self._rows(_RELATIONS)
        }
