"""Where in a text the parts of its resolved tree stand: newer servers do not keep that.

So tokens are counted: a reference is the nth of its name behind FROM, JOIN, UPDATE and the like, as in the tree it is
the nth of its name in the order of the text. Where the numbers do not agree, no place is given rather than a wrong one.
"""

from collections.abc import Iterator
from typing import Any

from tenantstore.checking.analysis import Node, Schema
from tenantstore.checking.tenancy.frames import Command, Entry, command_of, kind_of
from tenantstore.queries.scanner import Kind, Token, tokens

Place = tuple[int, int]

_OPENERS = {"FROM", "JOIN", "UPDATE", "INTO", "USING", "ONLY", "TABLE"}
# What ends a list of tables, so that a comma after it parts something else.
_CLOSERS = {
    "WHERE", "SET", "VALUES", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "FETCH", "WINDOW", "RETURNING", "SELECT",
    "UNION", "EXCEPT", "INTERSECT", "WHEN", "FOR", "DEFAULT", "ON",
}  # fmt: skip


class Places:
    """The places of one statement; ``of`` an entry of a range table, of an OR, of a column, of a call."""

    def __init__(self, sql: str, tree: Node, schema: Schema) -> None:
        self.sql = sql
        self.tokens: list[Token] = [token for token in tokens(sql) if token.kind is not Kind.COMMENT]
        self.words: list[str] = [_word(sql, token) for token in self.tokens]
        self.entries: dict[int, int] = {}
        self.disjunctions: dict[int, Place] = {}
        self._schema = schema
        self._locate(tree)

    def entry(self, entry: Node | None) -> Place | None:
        at = self.entries.get(id(entry))
        return None if at is None else self._span(at)

    def disjunction(self, node: Node) -> Place | None:
        """The first OR of a condition."""
        return self.disjunctions.get(id(node))

    def column(self, entry: Node | None, column: str) -> Place | None:
        """Where a column of that entry is named first: in its own level behind its alias, else by itself."""
        at = self.entries.get(id(entry))
        assert entry is None or entry.get("eref") is not None
        alias = entry.eref.aliasname if entry is not None else ""
        near = self._level(at) if at is not None else range(0)
        everywhere = range(len(self.tokens))
        for within in (near, everywhere):
            for number in within:
                if self.words[number] == column and self._behind(number, alias):
                    return self._span(number)
        for within in (near, everywhere):
            for number in within:
                if self.words[number] == column and self.words[number - 1 : number] != ["."]:
                    return self._span(number)
        return None if at is None else self._span(at)

    def assigned(self, target: Node | None, column: str, after: str = "") -> Place | None:
        """A column that an INSERT lists or a SET names: the first of its name after the table, without an alias.

        ``after`` are keywords behind which it stands.
        """
        at = self.entries.get(id(target))
        if at is None:
            return None
        start = at
        for word in after.split():
            start = self.words.index(word, start) if word in self.words[start:] else start
        for number in range(start + 1, len(self.words)):
            if self.words[number] == column and self.words[number - 1] != ".":
                return self._span(number)
        return self._span(at)

    def call(self, name: str) -> Place | None:
        """The first call of a function."""
        for number, word in enumerate(self.words[:-1]):
            if word == name and self.words[number + 1] == "(":
                return self._span(number)
        return next((self._span(number) for number, word in enumerate(self.words) if word == name), None)

    def _span(self, number: int) -> Place:
        return self.tokens[number].start, self.tokens[number].end

    def _behind(self, number: int, alias: str) -> bool:
        return self.words[max(number - 2, 0) : number] == [alias, "."]

    def _level(self, at: int) -> range:
        """The tokens between the brackets around one."""
        depth, begin = 0, at
        while begin > 0 and depth >= 0:
            begin -= 1
            depth += {")": 1, "(": -1}.get(self.words[begin], 0)
        depth, end = 0, at
        while end < len(self.words) and depth >= 0:
            depth += {"(": 1, ")": -1}.get(self.words[end], 0)
            end += 1
        return range(begin, end)

    def _locate(self, tree: Node) -> None:
        references = list(self._references())
        wanted: dict[str, list[Node]] = {}
        nameless: list[Node] = []
        disjunctions: list[tuple[Node, int]] = []
        for node in in_order(tree):
            if isinstance(node, tuple):
                disjunctions.append(node)
            elif (name := self._name(node)) is not None:
                wanted.setdefault(name, []).append(node)
            else:
                nameless.append(node)
        for name, entries in wanted.items():
            found = [number for number in references if self.words[number] == name]
            if len(found) == len(entries):
                self.entries |= {id(entry): number for entry, number in zip(entries, found, strict=True)}
        others = [at for at in references if self.words[at] not in wanted and self.words[at + 1 : at + 2] != ["("]]
        if len(others) == len(nameless):
            self.entries |= {id(entry): number for entry, number in zip(nameless, others, strict=True)}
        words = [number for number, word in enumerate(self.words) if word == "OR"]
        if len(words) == len(disjunctions):
            for (node, _), number in zip(disjunctions, words, strict=True):
                self.disjunctions.setdefault(id(node), self._span(number))

    def _name(self, entry: Node) -> str | None:
        """What the text calls it, without its schema."""
        if kind_of(entry) is Entry.WITH:
            return str(entry.ctename)
        relation = self._schema.relations.get(entry.relid)
        return relation.name.rpartition(".")[2].strip('"') if relation is not None else None

    def _references(self) -> Iterator[int]:
        """The tokens that can name a table."""
        listing = [False]
        expected = False
        for number, word in enumerate(self.words):
            before = self.words[number - 1] if number else ""
            upper = word.upper() if self.tokens[number].kind is Kind.WORD else ""
            if word == "(":
                listing.append(expected)
            elif word == ")":
                listing = listing[:-1] or [False]
                expected = False
            elif upper in _OPENERS and not (upper == "UPDATE" and before.upper() in ("FOR", "KEY", "DO")):
                expected = True
                listing[-1] = upper in ("FROM", "USING") or listing[-1]
            elif upper in _CLOSERS:
                expected = False
                listing[-1] = listing[-1] and upper == "ON"
            elif word == ",":
                expected = listing[-1]
            elif upper == "LATERAL":
                continue
            elif expected and self.tokens[number].kind in (Kind.WORD, Kind.QUOTED_NAME):
                if self.words[number + 1 : number + 2] == ["."]:
                    continue
                expected = False
                yield number


def _word(sql: str, token: Token) -> str:
    """A token as the server takes it: names folded, keywords as they are needed here, quotes taken off."""
    text = sql[token.start : token.end]
    if token.kind is Kind.QUOTED_NAME:
        return text.strip('"').replace('""', '"')
    if token.kind is Kind.WORD:
        upper = text.upper()
        return upper if upper in _OPENERS | _CLOSERS | {"OR", "LATERAL", "CONFLICT"} else text.lower()
    return text


def in_order(value: Any) -> Iterator[Any]:
    """What stands in FROM, and each OR with the number of its arm, as they follow in the text."""
    match value:
        case list():
            for each in value:
                yield from in_order(each)
        case Node(tag="QUERY"):
            yield from _query(value)
        case Node(tag="BOOLEXPR") if value.boolop == "or":
            for number, argument in enumerate(value.args):
                if number:
                    yield value, number
                yield from in_order(argument)
        case Node():
            for each in value.fields.values():
                yield from in_order(each)
        case _:
            pass


def _query(query: Node) -> Iterator[Any]:
    for each in query.cteList or []:
        yield from in_order(each.ctequery)
    command = command_of(query)
    if command is not Command.SELECT:
        yield query.rtable[query.resultRelation - 1]
    outputs = [each for each in query.targetList or [] if not each.resjunk]
    if command is Command.INSERT:
        yield from _from(query.jointree, query)
        yield from in_order(outputs)
    elif query.setOperations:
        yield from _branches(query.setOperations, query)
    elif command is Command.MERGE:
        yield from _from(query.jointree, query)
        yield from in_order(query.get("mergeJoinCondition"))
        yield from in_order(query.get("mergeActionList"))
    else:
        yield from in_order(outputs)
        yield from _from(query.jointree, query)
    yield from in_order(query.havingQual)
    yield from in_order([each for each in query.targetList or [] if each.resjunk])
    yield from in_order([query.limitCount, query.limitOffset])
    conflict = query.get("onConflict")
    if conflict:
        yield from in_order([conflict.arbiterWhere, conflict.onConflictSet, conflict.onConflictWhere])
    yield from in_order(query.returningList)


def _branches(operation: Node, query: Node) -> Iterator[Any]:
    if operation.tag == "RANGETBLREF":
        yield from in_order(query.rtable[operation.rtindex - 1].subquery)
    else:
        yield from _branches(operation.larg, query)
        yield from _branches(operation.rarg, query)


def _from(node: Any, query: Node) -> Iterator[Any]:
    match node:
        case Node(tag="FROMEXPR"):
            for each in node.fromlist or []:
                yield from _from(each, query)
            yield from in_order(node.quals)
        case Node(tag="JOINEXPR"):
            yield from _from(node.larg, query)
            yield from _from(node.rarg, query)
            yield from in_order(node.quals)
        case Node(tag="RANGETBLREF"):
            entry = query.rtable[node.rtindex - 1]
            kind = kind_of(entry)
            if kind in (Entry.RELATION, Entry.WITH):
                if node.rtindex != query.resultRelation:
                    yield entry
            elif kind is Entry.SUBQUERY:
                yield from in_order(entry.subquery)
            else:
                yield from in_order([entry.get("functions"), entry.get("values_lists"), entry.get("tablefunc")])
        case _:
            pass
