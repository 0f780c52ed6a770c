"""What of all that a statement did is worth a finding.

A lock that nobody can avoid and that is gone in a moment is none: the runner's lock timeout sees to it that nobody
waits for long. What takes as long as the table is big, under a lock that keeps readers or writers waiting, is one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tenantstore.migrate.lint.finding import Found
from tenantstore.migrate.lint.locks import blocks_reads, blocks_writes
from tenantstore.migrate.lint.walk import Watched
from tenantstore.queries.scanner import Kind, tokens

REWRITE, SCAN, BUILD, SEVERAL = "table-rewrite", "table-scan", "index-build", "several-tables"

_IN_STEPS = "fill it in steps (`-- no-transaction`)"
# By a word of the statement; the last is for all others.
_REWRITES = {
    "STORED": f"Add a plain column, {_IN_STEPS}, and let a trigger keep it.",
    "DEFAULT": f"Add the column without a default, SET DEFAULT after it, and {_IN_STEPS}; a constant is free.",
    "TYPE": f"Add a column of the new type beside the old one, let a trigger keep it, {_IN_STEPS}, then change over.",
    "": "Only at an hour when nobody needs the table; else make a new table beside it and change over.",
}
_SCANS = {
    "NULL": (
        "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in the next migration; after that\n"
        "SET NOT NULL finds it proved."
    ),
    "ADD": (
        f"Where the table has rows it fails. Give it a DEFAULT, a constant one is free; or add it without NOT NULL,\n"
        f"{_IN_STEPS}, and make it NOT NULL after that."
    ),
    "CONSTRAINT": "Add it NOT VALID, and VALIDATE CONSTRAINT in the next migration: that keeps nobody waiting.",
    "WRITE": "Change rows in a migration of its own, before or after, in steps (`-- no-transaction`).",
    "": "Read the table in a migration of its own, without the lock.",
}
_BUILDS = {
    "REINDEX": "REINDEX … CONCURRENTLY, in a file that begins with `-- no-transaction`.",
    "CREATE": "CREATE INDEX CONCURRENTLY, in a file that begins with `-- no-transaction`.",
    "TYPE": _REWRITES["TYPE"],
    "": (
        "CREATE UNIQUE INDEX CONCURRENTLY in a file that begins with `-- no-transaction`; then ADD CONSTRAINT … USING\n"
        "INDEX in the next."
    ),
}
_SEVERAL_ADVICE = (
    "A migration for each table: each is then locked for a moment, and nobody waits for one because of another."
)


def judge(watched: Sequence[Watched]) -> Iterator[Found]:
    """The findings of each statement, and of each file as one transaction."""
    for seen in watched:
        yield from _slow(seen)
    for script in dict.fromkeys(seen.script for seen in watched):
        if script.transactional:
            yield from _several([seen for seen in watched if seen.script is script])


def _slow(seen: Watched) -> Iterator[Found]:
    effect, words = seen.effect, _words(seen)
    if effect.rewritten:
        text = f"{_listed(effect.rewritten)} is written anew while {_waiting(effect.held, effect.rewritten)}"
        yield _found(seen, REWRITE, text, _advice(_REWRITES, words))
    scanned = [table for table in effect.scanned if blocks_writes(effect.held.get(table))]
    if scanned:
        text = f"{_listed(scanned)} is read from end to end while {_waiting(effect.held, scanned)}"
        yield _found(seen, SCAN, text, _scan_advice(words))
    built = [(table, index) for table, index in effect.built if blocks_writes(effect.held.get(table))]
    if built:
        tables = [table for table, _ in built]
        text = f"an index of {_listed(dict.fromkeys(tables))} is built while {_waiting(effect.held, tables)}"
        yield _found(seen, BUILD, text, _advice(_BUILDS, words))


def _several(file: Sequence[Watched]) -> Iterator[Found]:
    """A table that is waited for while another, from an earlier statement on, is closed to everybody: once a file."""
    closed: dict[str, Watched] = {}
    for seen in file:
        wanted = [table for table, mode in seen.effect.locks.items() if blocks_writes(mode) and table not in closed]
        earlier = [table for table in closed if table not in wanted]
        if wanted and earlier:
            first = seen.script.problem(closed[earlier[0]].statement.offset, "").line
            text = (
                f"waits for {_listed(wanted)} while nobody can read or write {earlier[0]} (locked since line {first})"
            )
            yield _found(seen, SEVERAL, text, _SEVERAL_ADVICE)
            return
        closed |= {table: seen for table in wanted if blocks_reads(seen.effect.locks[table])}


def _found(seen: Watched, code: str, text: str, advice: str) -> Found:
    return Found(code, seen.script, seen.statement, seen.statement.offset, text, advice)


def _waiting(held: Mapping[str, str], tables: Iterable[str]) -> str:
    everybody = any(blocks_reads(held.get(table)) for table in tables)
    return "nobody can read or write it" if everybody else "nobody can write to it"


def _advice(by_word: Mapping[str, str], words: set[str]) -> str:
    return next(advice for word, advice in by_word.items() if not word or word in words)


def _scan_advice(words: set[str]) -> str:
    if words & {"UPDATE", "INSERT", "DELETE", "MERGE"} and "ALTER" not in words:
        return _SCANS["WRITE"]
    if words & {"CHECK", "REFERENCES", "CONSTRAINT"}:
        return _SCANS["CONSTRAINT"]
    if {"ADD", "NULL"} <= words and not words & {"SET", "DEFAULT"}:
        return _SCANS["ADD"]
    return _SCANS["NULL"] if {"SET", "NULL"} <= words else _SCANS[""]


def _words(seen: Watched) -> set[str]:
    text = seen.statement.text
    return {text[token.start : token.end].upper() for token in tokens(text) if token.kind is Kind.WORD}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
