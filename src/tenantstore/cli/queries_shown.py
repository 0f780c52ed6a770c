"""One query as data, and as a page of text: what its file says, what its module declares, what is proven of it."""

import sys
import textwrap
from collections.abc import Mapping
from shutil import get_terminal_size
from typing import Any

from tenantstore.checking.query.annotations import of_field
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import Facts, identity
from tenantstore.checking.query.finding import near
from tenantstore.checking.query.project import Project
from tenantstore.checking.query.snapshot import keys, read
from tenantstore.cli.output import sql, table
from tenantstore.migrate.shown import one_line, shown
from tenantstore.queries import Query, Shape
from tenantstore.queries.source import prose

_WIDEST = 120


def listed(query: Query[Any]) -> dict[str, Any]:
    """What a list says of it."""
    return {
        "name": query.name,
        "scope": query.scope.value,
        "shape": query.shape.name.lower(),
        "record": "number of rows" if query.shape is Shape.AFFECTED else query.record.__name__,
        "parameters": list(query.parameters),
    }


def described(query: Query[Any], queries: list[Query[Any]], project: Project) -> dict[str, Any]:
    """All there is to say of it; ``proven`` is None where no snapshot is about this very text.

    :raises Misconfigured: when there is a snapshot that cannot be read.
    """
    source, declared = query.source, query.declared
    facts = _facts(query, queries, project)
    return {
        **listed(query),
        "text": prose(source),
        "file": near(source.path),
        "declared": declared and f"{near(Asked(query).declaration().path)}:{declared.line}",  # type: ignore[union-attr]
        "called_by": [call.function for call in declared.calls] if declared else [],
        "sql": source.text[source.anchors[0].written :].strip(),
        "fields": [{"name": name, "type": of_field(query.record, name, declared).text} for name in query.fields],
        "claims": [{"key": each.key, "column": each.column, "reason": each.reason} for each in source.claims],
        "proven": facts
        and {
            "parameters": [{"name": each.name, "type": each.type} for each in facts.parameters],
            "columns": [{"name": each.name, "type": each.type, "null": each.null or None} for each in facts.columns],
            "at_most_one": facts.one or None,
            "reads": list(facts.reads),
            "writes": list(facts.writes),
        },
    }


def _facts(query: Query[Any], queries: list[Query[Any]], project: Project) -> Facts | None:
    if not project.snapshot.exists():
        return None
    # In the order of the files, by which the snapshot numbers what is declared twice.
    called = keys(map(Asked, queries), project)
    facts = read(project.snapshot).facts.get(called[Asked(query)])
    return facts if facts and facts.text == identity(query) else None


def show(told: Mapping[str, Any]) -> None:
    """Print a page of it."""
    print(shown(told["name"]))
    if told["text"]:
        print(textwrap.fill(shown(told["text"]), get_terminal_size().columns if sys.stdout.isatty() else _WIDEST))
    print()
    proven = told["proven"]
    _facts_table(told, proven)
    print()
    sql(told["sql"])
    types = {each["name"]: each["type"] for each in proven["parameters"]} if proven else {}
    if told["parameters"]:
        print("\ntakes")
        table(("parameter", "type"), [(f":{name}", types.get(name, "")) for name in told["parameters"]])
    _result(told, proven)
    if not proven:
        print("\nNothing is proven of it in a snapshot that is committed: `tenantstore check --update` writes one.")


def _facts_table(told: Mapping[str, Any], proven: Mapping[str, Any] | None) -> None:
    rows = [
        ("scope", told["scope"]),
        ("gives", f"{told['shape']}: {told['record']}"),
        ("file", told["file"]),
        ("declared at", told["declared"] or ""),
        ("called by", ", ".join(told["called_by"])),
        ("at most one", proven["at_most_one"] if proven else ""),
        ("reads", ", ".join(_tables(proven["reads"])) if proven else ""),
        ("writes", ", ".join(_tables(proven["writes"])) if proven else ""),
        *((f"claims {each['key']} {each['column']}".rstrip(), each["reason"]) for each in told["claims"]),
    ]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        if text:
            print(one_line(f"{name:<{width}}  {text}"))


def _tables(columns: list[str]) -> list[str]:
    return list(dict.fromkeys(each.rpartition(".")[0] for each in columns))


def _result(told: Mapping[str, Any], proven: Mapping[str, Any] | None) -> None:
    fields = {each["name"]: each["type"] for each in told["fields"]}
    if proven and proven["columns"]:
        print("\ngives")
        rows = [
            (
                each["name"],
                each["type"],
                "never null" if each["null"] is None else each["null"],
                fields.get(each["name"], told["record"] if not fields else ""),
            )
            for each in proven["columns"]
        ]
        table(("column", "type", "null", told["record"]), rows)
    elif fields:
        print("\ngives")
        table(("field", "type"), list(fields.items()))
