"""A page of the queries of each aggregate: prose and SQL from the file, record and callers from the module, and from
the snapshot what is proven."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sphinx.util.logging import getLogger

from docs._ext.markdown import code, fence, folded, page, plain, table
from tenantstore.checking.query.modules import declared
from tenantstore.checking.query.project import Project
from tenantstore.cli.queries_shown import described

_log = getLogger(__name__)
# A result of more columns than this is folded: those of a record are the same in every query of it.
_MANY = 6


def pages(project: Project) -> Iterator[tuple[str, str]]:
    """Each page with its name: one for each aggregate, and one that lists them all."""
    queries = sorted((query for query in declared(project.modules)[0]), key=lambda query: query.name)
    every = [described(query, queries, project) for query in queries]
    aggregates = {name: list(told) for name, told in groupby(every, lambda told: str(told["name"].partition("/")[0]))}
    yield "queries/index", _index(aggregates)
    for name, told in aggregates.items():
        yield f"queries/{name}", page(plain(name), _above(name), *map(_section, told))


def _above(name: str) -> str:
    return f"`sql/{name}/`, called by the functions of {{py:mod}}`tenantstore.repositories.{name}`."


def _index(aggregates: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    count = sum(map(len, aggregates.values()))
    tables = [
        part
        for name, told in aggregates.items()
        for part in (
            f"## {plain(name)}",
            table(("query", "scope", "gives"), [(_link(each), each["scope"], _gives(each)) for each in told]),
        )
    ]
    return page(
        "Queries",
        f"All {count}: what the file says, its SQL, what calls it, and what `tenantstore check` has proven of its"
        " parameters and columns. The same on a terminal: `tenantstore queries show NAME`.",
        fence("{toctree}", "\n".join((":hidden:", "", *aggregates))),
        *tables,
    )


def target(name: str) -> str:
    """Where the query of that name is told of."""
    return f"query-{name.replace('/', '-').replace('_', '-')}"


def _link(told: Mapping[str, Any]) -> str:
    return f"[{plain(told['name'].partition('/')[2])}](#{target(told['name'])})"


def _gives(told: Mapping[str, Any]) -> str:
    record, shape = told["record"], told["shape"]
    if shape == "affected":
        return "the number of rows"
    return {"many": f"a list of {code(record)}", "one": code(record), "optional": f"{code(record)} or `None`"}[shape]


def _section(told: Mapping[str, Any]) -> str:
    name, proven = told["name"], told["proven"]
    if proven is None:
        _log.warning("%s: the snapshot has nothing about this text: tenantstore check --update", name)
        proven = {"parameters": [], "columns": [], "at_most_one": None, "reads": [], "writes": []}
    parts = (
        f"({target(name)})=\n## {plain(name.partition('/')[2])}",
        plain(told["text"]),
        _facts(told, proven),
        fence("sql", told["sql"]),
        _parameters(proven),
        _columns(told, proven),
    )
    return "\n\n".join(filter(None, parts))


def _facts(told: Mapping[str, Any], proven: Mapping[str, Any]) -> str:
    aggregate = told["name"].partition("/")[0]
    calls = ", ".join(f"{{py:func}}`~tenantstore.repositories.{aggregate}.{each}`" for each in told["called_by"])
    facts = [
        ("scope", told["scope"]),
        ("gives", _gives(told)),
        ("called by", calls),
        ("one row, since", plain(proven["at_most_one"] or "")),
        ("reads", _tables(proven["reads"])),
        ("writes", _tables(proven["writes"])),
        *((f"claims {each['key']}", plain(f"{each['column']} {each['reason']}".strip())) for each in told["claims"]),
    ]
    return "\n".join(f":{name}: {text}" for name, text in facts if text)


def _tables(columns: Sequence[str]) -> str:
    return ", ".join(code(each) for each in dict.fromkeys(column.rpartition(".")[0] for column in columns))


def _parameters(proven: Mapping[str, Any]) -> str:
    rows = [(code(f":{each['name']}"), plain(each["type"])) for each in proven["parameters"]]
    return table(("parameter", "type"), rows) if rows else ""


def _columns(told: Mapping[str, Any], proven: Mapping[str, Any]) -> str:
    fields = {each["name"]: each["type"] for each in told["fields"]}
    rows = [
        (
            code(each["name"]),
            plain(each["type"]),
            "never" if each["null"] is None else plain(each["null"]),
            code(fields.get(each["name"], told["record"])),
        )
        for each in proven["columns"]
    ]
    if not rows:
        return ""
    result = table(("column", "type", "null", told["record"] if fields else "value"), rows)
    return folded(f"{len(rows)} columns", result) if len(rows) > _MANY else result
