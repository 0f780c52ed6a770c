"""Random queries over our tables, in whatever shape: well scoped, almost so, and not at all."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

# By table its columns of each type; the first of the ids is the key that others name.
_IDS = {
    "devices": ("id", "customer_id", "relay_server_id"),
    "device_shares": ("id", "device_id", "owner_id", "shared_with"),
    "proxy_connections": ("id", "device_id", "customer_id"),
    "ip_history": ("id", "device_id"),
    "rotation_links": ("id", "device_id"),
    "customers": ("id",),
    "pairing_codes": ("id", "customer_id", "reassign_device_id"),
    "connection_passwords": ("connection_id",),
    "relay_servers": ("id",),
    "fleet": ("id", "customer_id"),
}
_TEXTS = {
    "devices": ("name", "status"),
    "proxy_connections": ("username",),
    "ip_history": ("method",),
    "rotation_links": ("name",),
    "customers": ("name",),
    "connection_passwords": ("password_plain",),
    "relay_servers": ("ip",),
    "fleet": ("name",),
}
_FLAGS = {
    "device_shares": ("can_rename", "can_rotate_ip", "can_download_configs", "suspended"),
    "proxy_connections": ("active",),
}
_TRUTHS = ("TRUE", "NOT TRUE", "NOT FALSE", "UNKNOWN")
_OWNERS = ("customer_id", "owner_id", "shared_with")


class Source(NamedTuple):
    """What stands in a FROM: its alias, and the columns of each type that it gives."""

    alias: str
    table: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    flags: tuple[str, ...] = ()

    def id(self, rng: random.Random) -> str:
        return f"{self.alias}.{rng.choice(self.ids)}"


class Grammar:
    """``query`` gives another query each time; parameters are ``:customer_id`` and ``:device_id``."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._count = 0
        self._with: list[Source] = []

    def query(self) -> str:
        """Small ones, in which a single thing may be wrong, more often than large ones."""
        return self._small() if self._maybe(0.75) else self._large()

    def _small(self) -> str:
        """Two tables, and what binds either somewhere, or not at all."""
        rng = self.rng
        sources: list[Source] = []
        one, two = (self._source(0, (), sources) for _ in range(2))
        t, u = sources
        bound = self._binding(0, sources, t) if self._maybe(0.7) else "true"
        also = self._binding(0, sources, u) if self._maybe(0.5) else "true"
        link = self._link(u, [t])
        at, as_ = t.id(rng), u.id(rng)
        inner = rng.choice((f"SELECT {as_}", f"SELECT min({as_}::text)::uuid", f"SELECT {as_} AS a"))
        limited = rng.choice(("", "", f" ORDER BY {at} LIMIT 2"))
        ranked = rng.choice(("'x'", f"(rank() OVER (ORDER BY {at}))::text", "(count(*) OVER ())::text"))
        owner = self._owner(t)
        exists = rng.choice(("EXISTS", "NOT EXISTS", "EXISTS"))
        join = rng.choice(("LEFT", "RIGHT", "INNER"))
        having = rng.choice((f"{as_} IS NULL", f"{as_} IS NOT NULL", "true", f"({also})"))
        truth = rng.choice(
            (f"NOT ({bound})", f"NOT (NOT ({bound}))", f"({bound}) IS TRUE", f"NOT ({bound} AND {link})")
        )
        return rng.choice(
            (
                f"SELECT {at}, {as_} FROM {one} {join} JOIN {two} ON {link} AND ({also}) WHERE ({bound}) AND {having}",
                f"SELECT {at}, {as_} FROM {one} {join} JOIN {two} ON {link} AND ({bound}) WHERE ({also}) AND {having}",
                f"SELECT y.a, y.t FROM (SELECT {owner} AS a, {ranked} AS t FROM {one}{limited}) AS y"
                " WHERE y.a = :customer_id",
                f"SELECT {at} FROM {one} WHERE ({bound}) AND {exists} ({inner} FROM {two} WHERE {link} AND ({also}))",
                f"SELECT {at} FROM {one} WHERE {exists} ({inner} FROM {two} WHERE {link} AND ({also})) OR ({bound})",
                f"SELECT count(*), (SELECT count(*) FROM {two} WHERE {as_} = :device_id)"
                f" FROM {one} WHERE ({bound}) AND {at} = :device_id",
                f"SELECT y.a FROM (SELECT {at} AS a FROM {one} WHERE ({bound}) {rng.choice(('UNION', 'EXCEPT'))}"
                f" SELECT {as_} FROM {two} WHERE ({also})) AS y",
                f"SELECT {at} FROM {one} WHERE {truth}",
            )
        )

    def _large(self) -> str:
        self._with = []
        definitions = []
        for _ in range(self.rng.choice((0, 0, 0, 1, 1, 2))):
            name = self._name("w")
            definitions.append(f"{name} AS ({self._select(self.rng.choice((1, 2)), (), named=True)})")
            self._with.append(Source(name, name, ("a", "b"), ("t",)))
        body = self._select(self.rng.choice((1, 2, 2, 3)), (), named=True)
        return f"WITH {', '.join(definitions)} {body}" if definitions else body

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def _maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _select(self, depth: int, outer: tuple[Source, ...], *, named: bool) -> str:
        """Two ids and a text; or, where it is not ``named``, one id."""
        if depth > 1 and self._maybe(0.12):
            sides = [self._simple(depth - 1, outer, named=named) for _ in range(2)]
            return f"({sides[0]}) {self.rng.choice(('UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT'))} ({sides[1]})"
        return self._simple(depth, outer, named=named)

    def _simple(self, depth: int, outer: tuple[Source, ...], *, named: bool) -> str:
        sources: list[Source] = []
        tables = self._from(depth, outer, sources)
        inside = (*outer, *sources)
        where = self._condition(depth, inside, sources)
        return self._output(depth, inside, sources, f"FROM {tables} WHERE {where}", named=named)

    def _output(self, depth: int, inside: tuple[Source, ...], sources: list[Source], rest: str, *, named: bool) -> str:
        rng = self.rng
        one, two = rng.choice(sources).id(rng), rng.choice(sources).id(rng)
        text = self._text(sources)
        shape = rng.random()
        if not named and shape > 0.9:
            return f"SELECT min({one}::text)::uuid {rest}"
        if not named:
            return f"SELECT {one} {rest}" + (f" ORDER BY {one} LIMIT 2" if shape < 0.1 else "")
        if shape < 0.12:
            return f"SELECT {one} AS a, max({two}::text)::uuid AS b, count(*)::text AS t {rest} GROUP BY {one}"
        if shape < 0.2:
            return f"SELECT NULL::uuid AS a, min({one}::text)::uuid AS b, count(*)::text AS t {rest}"
        if shape < 0.28:
            window = f"(rank() OVER (ORDER BY {one}, {two}))::text"
            return f"SELECT {one} AS a, {two} AS b, {window} AS t {rest}"
        if shape < 0.4 and depth > 1:
            text = f"(SELECT count(*)::text FROM ({self._select(depth - 1, inside, named=False)}) AS n)"
        distinct = "DISTINCT " if self._maybe(0.1) else ""
        limit = f" ORDER BY 1, 2, 3 LIMIT {rng.randint(1, 4)}" if self._maybe(0.2) else ""
        return f"SELECT {distinct}{one} AS a, {two} AS b, {text} AS t {rest}{limit}"

    def _text(self, sources: list[Source]) -> str:
        texts = [f"{each.alias}.{text}::text" for each in sources for text in each.texts]
        return self.rng.choice(texts) if texts else "'x'::text"

    def _from(self, depth: int, outer: tuple[Source, ...], sources: list[Source]) -> str:
        tables = self._source(depth, outer, sources)
        for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
            join = self.rng.choice(("INNER", "INNER", "INNER", "LEFT", "LEFT", "RIGHT", "FULL"))
            before = list(sources)
            lateral = join in ("INNER", "LEFT") and depth > 1 and self._maybe(0.2)
            added = self._source(depth, (*outer, *before) if lateral else outer, sources, lateral=lateral)
            newest = sources[-1]
            joins = self._link(newest, before)
            if join == "FULL":
                on = f"{newest.id(self.rng)} = {self.rng.choice(before).id(self.rng)}"
            else:
                on = joins + (f" AND {self._atom(depth, (*outer, *sources), sources)}" if self._maybe(0.3) else "")
                on += f" AND ({self._binding(depth, sources, self.rng.choice(sources))})" if self._maybe(0.4) else ""
            tables = f"({tables} {join} JOIN {added} ON {on})"
        return tables

    def _source(self, depth: int, outer: tuple[Source, ...], sources: list[Source], *, lateral: bool = False) -> str:
        alias = self._name("x")
        if self._with and self._maybe(0.35):
            found = self.rng.choice(self._with)
            sources.append(found._replace(alias=alias))
            return f"{found.table} AS {alias}"
        if depth > 1 and (lateral or self._maybe(0.15)):
            inner = self._select(depth - 1, outer if lateral else (), named=True)
            sources.append(Source(alias, "", ("a", "b"), ("t",)))
            return f"{'LATERAL ' if lateral else ''}({inner}) AS {alias}"
        table = self.rng.choice(("devices", "device_shares", "proxy_connections", *_IDS))
        sources.append(Source(alias, table, _IDS[table], _TEXTS.get(table, ()), _FLAGS.get(table, ())))
        return f"{table} AS {alias}"

    def _link(self, one: Source, others: list[Source]) -> str:
        """An equality that a service would join by, more often than not."""
        other = self.rng.choice(others)
        if self._maybe(0.2):
            return f"{one.id(self.rng)} = {other.id(self.rng)}"
        pairs = [(a, b) for a in one.ids for b in other.ids if _names(one.table, a) & _names(other.table, b)]
        if not pairs:
            return f"{one.id(self.rng)} = {other.id(self.rng)}"
        a, b = self.rng.choice(pairs)
        return f"{one.alias}.{a} = {other.alias}.{b}"

    def _condition(self, depth: int, inside: tuple[Source, ...], sources: list[Source]) -> str:
        parts = [self._binding(depth, inside, each) for each in sources if self._maybe(0.6)]
        parts += [self._tree(depth, inside, sources, 2) for _ in range(self.rng.choice((0, 1, 1, 2)))]
        self.rng.shuffle(parts)
        return " AND ".join(f"({each})" for each in parts) or "true"

    def _binding(self, depth: int, inside: Sequence[Source], source: Source) -> str:
        """What binds a row of the table as it should, in one way or another."""
        alias = source.alias
        device = f"{alias}.device_id" if "device_id" in source.ids else f"{alias}.id"
        also = self.rng.choice(("", " AND can_rotate_ip", " AND can_download_configs"))
        share = f"{{}}.shared_with = :customer_id AND NOT {{}}.suspended{also.replace('AND ', 'AND {}.')}"
        s = self._name("s")
        shared = share.replace("{}", s)
        exists = f"EXISTS (SELECT FROM device_shares AS {s} WHERE {s}.device_id = {device} AND {shared})"
        owned = f"EXISTS (SELECT FROM devices AS {s} WHERE {s}.id = {device} AND {s}.customer_id = :customer_id)"
        match source.table:
            case "customers":
                return f"{alias}.id = :customer_id"
            case "devices" | "fleet":
                return f"{alias}.customer_id = :customer_id" + self.rng.choice(("", f" OR {exists}"))
            case "device_shares":
                mine = share.replace("{}", alias)
                given = f"{alias}.owner_id = :customer_id"
                return self.rng.choice((mine, given, f"{given} OR {mine}"))
            case "pairing_codes":
                return f"{alias}.customer_id = :customer_id"
            case "proxy_connections" | "ip_history" | "rotation_links":
                inner = f"{device} IN (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id)"
                return self.rng.choice((exists, owned, f"{owned} OR {exists}", inner))
            case "" if self._maybe(0.6):
                return f"{source.id(self.rng)} = :customer_id"
            case _:
                return self._tree(depth, tuple(inside), [source], 1)

    def _tree(self, depth: int, inside: tuple[Source, ...], sources: list[Source], height: int) -> str:
        if height and self._maybe(0.4):
            parts = [f"({self._tree(depth, inside, sources, height - 1)})" for _ in range(2)]
            return self.rng.choice((" AND ", " OR ", " OR ")).join(parts)
        negated = self._maybe(0.15)
        atom = self._atom(depth, inside, sources)
        return f"NOT ({atom})" if negated else atom

    def _atom(self, depth: int, inside: tuple[Source, ...], sources: list[Source]) -> str:
        rng = self.rng
        source = rng.choice(sources)
        choices: list[Callable[[], str]] = [
            lambda: f"{source.id(rng)} = {rng.choice(inside).id(rng)}",
            lambda: f"{source.id(rng)} = :device_id",
            lambda: f"{source.id(rng)} IS {rng.choice(('NULL', 'NOT NULL'))}",
            lambda: f"{self._text(sources)} {rng.choice(('=', '<>', '<'))} '{rng.choice('abc')}'",
            lambda: f"{self._owner(source)} = :customer_id",
            lambda: f"{self._owner(source)} = :customer_id",
            lambda: (
                f"({self._owner(source)} = :customer_id) IS {rng.choice(('TRUE', 'NOT TRUE', 'NOT FALSE', 'UNKNOWN'))}"
            ),
            lambda: f"coalesce({self._owner(source)} = :customer_id, {rng.choice(('true', 'false'))})",
            lambda: f"{self._owner(source)} IS NOT DISTINCT FROM :customer_id",
            lambda: self._flag(sources),
            lambda: self._flag(sources),
        ]
        if depth > 1:
            inner = self._select(depth - 1, inside, named=False)
            choices += [
                lambda: f"EXISTS ({inner})",
                lambda: f"NOT EXISTS ({inner})",
                lambda: f"{source.id(rng)} IN ({inner})",
                lambda: f"{source.id(rng)} NOT IN ({inner})",
                lambda: f"{source.id(rng)} = ANY (ARRAY ({inner}))",
                lambda: f"{source.id(rng)} = (SELECT max(m::text)::uuid FROM ({inner}) AS m (m))",
                lambda: f"{source.id(rng)} >= ALL ({inner})",
            ]
        return rng.choice(choices)()

    def _owner(self, source: Source) -> str:
        owners = [each for each in source.ids if each in _OWNERS] or [source.ids[0]]
        return f"{source.alias}.{self.rng.choice(owners)}"

    def _flag(self, sources: list[Source]) -> str:
        flags = [f"{each.alias}.{flag}" for each in sources for flag in each.flags]
        if not flags:
            return "true"
        flag = self.rng.choice(flags)
        return self.rng.choice((flag, f"NOT {flag}", f"{flag} = false", f"{flag} IS TRUE", f"{flag} IS NOT TRUE"))


def _names(table: str, column: str) -> set[str]:
    """What things a column names: devices, customers, connections."""
    if column == "device_id" or column == "reassign_device_id" or (table in ("devices", "fleet") and column == "id"):
        return {"device"}
    if column in _OWNERS or (table == "customers" and column == "id"):
        return {"customer"}
    if column == "connection_id" or (table == "proxy_connections" and column == "id"):
        return {"connection"}
    if column == "relay_server_id" or (table == "relay_servers" and column == "id"):
        return {"relay"}
    return {"device", "connection"} if column in ("a", "b") else set()
