"""Statements composed at random over the schema of the labelled ones: most are accepted, none means anything."""

import random
from dataclasses import dataclass, field
from typing import TypeVar

INTEGER, TEXT, BOOLEAN = "integer", "text", "boolean"
TYPES = (INTEGER, TEXT, BOOLEAN)
TABLES = {
    "customers": [("id", INTEGER), ("name", TEXT), ("email", TEXT)],
    "devices": [
        ("id", INTEGER),
        ("customer_id", INTEGER),
        ("name", TEXT),
        ("carrier", TEXT),
        ("battery", INTEGER),
        ("port", INTEGER),
        ("charging", BOOLEAN),
    ],
    "shares": [
        ("id", INTEGER),
        ("device_id", INTEGER),
        ("grantee_id", INTEGER),
        ("note", TEXT),
        ("can_rename", BOOLEAN),
        ("weight", INTEGER),
    ],
    "logs": [("device_id", INTEGER), ("bytes", INTEGER), ("kind", TEXT)],
    "owned": [("id", INTEGER), ("name", TEXT), ("battery", INTEGER), ("owner", TEXT), ("owner_id", INTEGER)],
    "charged": [("id", INTEGER), ("battery", INTEGER), ("carrier", TEXT)],
}

Column = tuple[str, str]
_T = TypeVar("_T")


@dataclass
class Composer:
    """``statement()`` gives a new one each time; ``common`` are the CTEs that may be named."""

    chance: random.Random
    common: dict[str, list[Column]] = field(default_factory=dict)
    names: int = 0

    def statement(self) -> str:
        self.common = {}
        if self.chance.random() < 0.15:
            return self._change()
        heads = [self._common_table() for _ in range(self._some(0, 0, 0, 1, 2))]
        recursive = "RECURSIVE " if any("UNION" in head for head in heads) else ""
        text, _ = self.query(2, [])
        return (f"WITH {recursive}{', '.join(heads)} " if heads else "") + text

    def query(self, depth: int, outer: list[Column], types: list[str] | None = None) -> tuple[str, list[str]]:
        """A query with the types of its columns, which are ``types`` where they are given."""
        wanted = types or [self.chance.choice(TYPES) for _ in range(self._some(1, 2, 2, 3))]
        if depth > 0 and self.chance.random() < 0.12:
            word = self._some("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL")
            left, right = (self.query(depth - 1, outer, wanted)[0] for _ in range(2))
            return f"({left}) {word} ({right})", wanted
        source, columns = self._from(depth, outer)
        where = f" WHERE {self.condition(columns + outer, depth)}" if self.chance.random() < 0.6 else ""
        kind = self.chance.random()
        if kind < 0.12:
            items = [self._aggregate(each, columns, outer, depth) for each in wanted]
            having = f" HAVING {self._having(columns)}" if self.chance.random() < 0.2 else ""
            return f"SELECT {self._named(items)}{source}{where}{having}", wanted
        if kind < 0.3 and columns:
            return self._grouped(source + where, columns, outer, wanted, depth), wanted
        items = [self.expression(each, columns + outer, depth, window=True) for each in wanted]
        distinct = "DISTINCT " if self.chance.random() < 0.1 else ""
        tail = self._some("", "", "", "", "", " LIMIT 1", " LIMIT 2", " LIMIT 1 OFFSET 1")
        return f"SELECT {distinct}{self._named(items)}{source}{where}{tail}", wanted

    def expression(self, kind: str, columns: list[Column], depth: int, window: bool = False) -> str:
        mine = [name for name, each in columns if each == kind]
        roll = self.chance.random()
        if mine and (roll < 0.45 or depth <= 0):
            return self.chance.choice(mine)
        if depth <= 0 or roll < 0.5:
            return self._constant(kind)

        def one(other: str = kind) -> str:
            return self.expression(other, columns, depth - 1)

        if window and roll < 0.56 and columns:
            return self._window(kind, columns)
        if roll < 0.62:
            return f"coalesce({one()}, {one()})"
        if roll < 0.69:
            otherwise = f" ELSE {one()}" if self.chance.random() < 0.7 else ""
            branches = " ".join(
                f"WHEN {self.condition(columns, depth - 1)} THEN {one()}" for _ in range(self._some(1, 1, 2))
            )
            return f"CASE {branches}{otherwise} END"
        if roll < 0.73:
            return f"nullif({one()}, {one()})"
        if roll < 0.78:
            return f"{self._some('greatest', 'least')}({one()}, {one()})"
        if roll < 0.85:
            return f"({self.query(depth - 1, columns, [kind])[0]})"
        if kind == BOOLEAN:
            return f"({self.condition(columns, depth - 1)})"
        if kind == TEXT:
            return self._some(
                f"({one()} || {one()})",
                f"upper({one()})",
                f"substring({one()} from " + self._some("'a')", "1)"),
                f"{one(INTEGER)}::text",
                f"concat({one()}, {one()})",
                f"(string_to_array({one()}, 'a'))[1]",
                f"(jsonb_build_object('a', {one()}) ->> " + self._some("'a')", "'b')"),
            )
        return self._some(
            f"({one()} + {one()})",
            f"abs({one()})",
            f"length({one(TEXT)})",
            f"array_length(ARRAY[{one()}], 1)",
            f"(ARRAY[{one()}, {one()}])[{one()}]",
            f"cardinality(ARRAY(SELECT {one()}))",
        )

    def condition(self, columns: list[Column], depth: int) -> str:
        def one(kind: str) -> str:
            return self.expression(kind, columns, depth - 1)

        kind = self.chance.choice((INTEGER, INTEGER, TEXT))
        roll = self.chance.random()
        if depth > -1 and roll < 0.3:
            left, right = self.condition(columns, depth - 1), self.condition(columns, depth - 1)
            return f"({left} {self._some('AND', 'OR', 'OR')} {right})"
        if roll < 0.36:
            return f"NOT ({self.condition(columns, depth - 1)})"
        if roll < 0.52:
            return f"{one(kind)} IS {self._some('', 'NOT ')}NULL"
        if roll < 0.58:
            return f"({one(BOOLEAN)}) IS {self._some('', 'NOT ')}{self._some('TRUE', 'FALSE', 'UNKNOWN')}"
        if roll < 0.63:
            return f"{one(kind)} {self._some('', 'NOT ')}IN ({one(kind)}, {one(kind)})"
        if roll < 0.68 and depth > 0:
            inner = self.query(depth - 1, columns, [kind])[0]
            return f"{one(kind)} {self._some('IN', 'NOT IN', '< ANY', '> ALL')} ({inner})"
        if roll < 0.73 and depth > 0:
            return f"{self._some('', 'NOT ')}EXISTS ({self.query(depth - 1, columns)[0]})"
        if roll < 0.77:
            return f"({one(kind)}, {one(INTEGER)}) {self._some('=', '<', '<>', '>=')} ({one(kind)}, {one(INTEGER)})"
        if roll < 0.81:
            return f"ROW({one(kind)}, {one(INTEGER)}) IS {self._some('', 'NOT ')}NULL"
        if roll < 0.85:
            return f"{one(kind)} IS {self._some('', 'NOT ')}DISTINCT FROM {one(kind)}"
        if roll < 0.88:
            return f"{one(BOOLEAN)}"
        if roll < 0.91:
            return f"{one(INTEGER)} {self._some('= ANY', '<> ALL')} (ARRAY[{one(INTEGER)}, {one(INTEGER)}])"
        return f"{one(kind)} {self._some('=', '=', '<', '<>')} {one(kind)}"

    def _from(self, depth: int, outer: list[Column]) -> tuple[str, list[Column]]:
        if self.chance.random() < 0.06:
            return "", []
        text, columns = self._item(depth, outer)
        for _ in range(self._some(0, 0, 1, 1, 2)):
            lateral = self.chance.random() < 0.2 and depth > 0
            if lateral:
                inner, types = self.query(depth - 1, columns + outer)
                other, more = self._derived(f"LATERAL ({inner})", types)
                word = self._some("JOIN", "LEFT JOIN", "CROSS JOIN")
            else:
                other, more = self._item(depth - 1, outer)
                word = self._some("JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
            if word == "CROSS JOIN":
                text = f"{text} CROSS JOIN {other}"
            elif word == "FULL JOIN":
                text = f"{text} FULL JOIN {other} ON {self._key(columns)} = {self._key(more)}"
            else:
                on = self.condition(columns + more + outer, 0)
                if self.chance.random() < 0.5:
                    on = f"{self._key(columns)} = {self._key(more)}"
                text = f"{text} {word} {other} ON {on}"
            columns = columns + more
        return f" FROM {text}", columns

    def _item(self, depth: int, outer: list[Column]) -> tuple[str, list[Column]]:
        roll = self.chance.random()
        if roll < 0.15 and depth > 0:
            inner, types = self.query(depth - 1, outer)
            return self._derived(f"({inner})", types)
        if roll < 0.2:
            rows = ", ".join(f"({self._constant(INTEGER)}, {self._constant(TEXT)})" for _ in range(self._some(1, 2)))
            return self._derived(f"(VALUES {rows})", [INTEGER, TEXT])
        if roll < 0.24:
            alias = self._name()
            call = self._some("generate_series(1, 2)", "unnest(ARRAY[1, 2])", "unnest(ARRAY[1, NULL])", "abs(NULL)")
            return f"{call} AS {alias}(v)", [(f"{alias}.v", INTEGER)]
        if roll < 0.3 and depth > 0:
            return self._nested(depth, outer)
        tables = {**TABLES, **self.common}
        name = self.chance.choice([*tables, *self.common, *self.common])
        alias = self._name()
        return f"{name} AS {alias}", [(f"{alias}.{column}", kind) for column, kind in tables[name]]

    def _nested(self, depth: int, outer: list[Column]) -> tuple[str, list[Column]]:
        """A join in parentheses, or one whose columns of the same name are merged."""
        if self.chance.random() < 0.5:
            text, columns = self._item(depth - 1, outer)
            other, more = self._item(depth - 1, outer)
            word = self._some("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
            return f"({text} {word} {other} ON {self._key(columns)} = {self._key(more)})", columns + more
        one, other = self.chance.sample(["customers", "devices", "shares", "owned", "charged"], 2)
        alias, first, second = self._name(), self._name(), self._name()
        word = self._some("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
        text = f"({one} AS {first} {word} {other} AS {second} USING (id)) AS {alias}"
        merged: list[Column] = [(f"{alias}.id", INTEGER)]
        names = [name for name, _ in (*TABLES[one], *TABLES[other])]
        rest = [(f"{alias}.{name}", kind) for name, kind in (*TABLES[one], *TABLES[other]) if names.count(name) == 1]
        return text, merged + rest

    def _derived(self, text: str, types: list[str]) -> tuple[str, list[Column]]:
        alias = self._name()
        names = [f"c{number}" for number in range(len(types))]
        columns = [(f"{alias}.{name}", kind) for name, kind in zip(names, types, strict=True)]
        return f"{text} AS {alias}({', '.join(names)})", columns

    def _grouped(self, source: str, columns: list[Column], outer: list[Column], wanted: list[str], depth: int) -> str:
        keys = [self.chance.choice(columns) for _ in range(self._some(1, 2))]
        names = [name for name, _ in keys]
        by = self._some(
            ", ".join(names),
            ", ".join(names),
            f"ROLLUP ({', '.join(names)})",
            f"GROUPING SETS (({', '.join(names)}), ({names[0]}))",
            f"CUBE ({', '.join(names)})",
            f"{names[0]}, ROLLUP ({names[-1]})",
        )
        items = [
            self.expression(kind, keys + outer, 1)
            if self.chance.random() < 0.5
            else self._aggregate(kind, columns, outer, depth)
            for kind in wanted
        ]
        having = f" HAVING {self.condition(keys, 0)}" if self.chance.random() < 0.25 else ""
        return f"SELECT {self._named(items)}{source} GROUP BY {by}{having}"

    def _aggregate(self, kind: str, columns: list[Column], outer: list[Column], depth: int) -> str:
        value = self.expression(kind, columns + outer, min(depth, 1))
        only = f" FILTER (WHERE {self.condition(columns, 0)})" if self.chance.random() < 0.2 else ""
        if kind == BOOLEAN:
            return f"{self._some('bool_and', 'bool_or')}({value}){only}"
        if kind == TEXT:
            return self._some(f"min({value}){only}", f"string_agg({value}, ','){only}", f"max({value}){only}")
        return (
            self._some(f"count({value}){only}", f"sum({value}){only}", f"max({value}){only}", "count(*)") + "::integer"
        )

    def _having(self, columns: list[Column]) -> str:
        return f"{self._aggregate(INTEGER, columns, [], 0)} {self._some('> 1', 'IS NOT NULL', 'IS NULL')}"

    def _window(self, kind: str, columns: list[Column]) -> str:
        value = self.expression(kind, columns, 0)
        order = self.chance.choice(columns)[0]
        frame = self._some(
            "", "", " ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING", " ROWS 1 PRECEDING",
            " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
            " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
        )  # fmt: skip
        call = self._some(
            "lag({0})", "lag({0}, 1, {0})", "lead({0})", "first_value({0})", "last_value({0})", "max({0})"
        )
        if kind == BOOLEAN:
            call = call.replace("max", "bool_or")
        elif kind == INTEGER:
            call = self._some(call, "row_number()", "rank()", "count({0})", "nth_value({0}, 2)", "sum({0})")
        text = f"{call.format(value)} OVER (ORDER BY {order}{frame})"
        return f"({text})::integer" if kind == INTEGER else f"({text})"

    def _common_table(self) -> str:
        name = self._name()
        if self.chance.random() < 0.2:
            columns = [("c0", INTEGER), ("c1", TEXT)]
            first, _ = self.query(0, [], [INTEGER, TEXT])
            self.common[name] = columns
            second = f"SELECT r.c0 + 1, {self._some('r.c1', 'NULL', 'd.name', 'd.carrier')} FROM {name} AS r"
            join = self._some("JOIN", "LEFT JOIN")
            return f"{name} (c0, c1) AS (({first}) UNION {second} {join} devices AS d ON d.id = r.c0 WHERE r.c0 < 4)"
        text, types = self.query(1, [])
        columns = [(f"c{number}", kind) for number, kind in enumerate(types)]
        self.common[name] = columns
        return f"{name} ({', '.join(column for column, _ in columns)}) AS ({text})"

    def _change(self) -> str:
        """A statement that changes devices or shares and gives rows back."""
        table = self._some("devices", "shares")
        columns = TABLES[table]
        back = [self.expression(kind, [(f"t.{name}", kind) for name, kind in columns], 1) for _, kind in columns[:3]]
        returning = f" RETURNING {self._named(back)}, t.{self.chance.choice(columns)[0]} AS last"
        roll = self.chance.random()
        mine = [(f"t.{name}", kind) for name, kind in columns]
        if roll < 0.4:
            setting = self._some("battery", "carrier") if table == "devices" else self._some("note", "weight")
            source, more = self._item(1, [])
            value = self._some("NULL", self._constant(dict(columns)[setting]))
            condition = self.condition(mine + more, 1)
            return f"UPDATE {table} AS t SET {setting} = {value} FROM {source} WHERE {condition}{returning}"
        if roll < 0.7:
            source, more = self._item(1, [])
            return f"DELETE FROM {table} AS t USING {source} WHERE {self.condition(mine + more, 1)}{returning}"
        values = "(100, 1, 'x', 2)" if table == "devices" else "(100, 1, 1, true)"
        names = "id, customer_id, name, port" if table == "devices" else "id, device_id, grantee_id, can_rename"
        conflict = self._some("", " ON CONFLICT DO NOTHING")
        return f"INSERT INTO {table} AS t ({names}) VALUES {values}{conflict}{returning}"

    def _constant(self, kind: str) -> str:
        if self.chance.random() < 0.15:
            return f"NULL::{kind}"
        values = {INTEGER: ("0", "1", "2", "3"), TEXT: ("'a'", "'b'", "''"), BOOLEAN: ("true", "false")}
        return self.chance.choice(values[kind])

    def _key(self, columns: list[Column]) -> str:
        return self.chance.choice([name for name, kind in columns if kind == INTEGER] or ["1"])

    def _named(self, items: list[str]) -> str:
        return ", ".join(f"{item} AS o{number}" for number, item in enumerate(items))

    def _name(self) -> str:
        self.names += 1
        return f"r{self.names}"

    def _some(self, *choices: _T) -> _T:
        return self.chance.choice(choices)
