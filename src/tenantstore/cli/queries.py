"""``tenantstore queries``: which there are, what one is made of, how the server runs it; stdout is the result."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tenantstore.cli.output import DATABASE, USAGE, Help, Parser, dumped, failed, log, table
from tenantstore.errors import TenantstoreError
from tenantstore.migrate.errors import Misconfigured

if TYPE_CHECKING:
    from tenantstore.checking.query.project import Project
    from tenantstore.queries import Query

_EPILOG = """
examples:
  tenantstore queries list
  tenantstore queries show devices/get_by_id_for_customer
  tenantstore queries explain devices/list_by_customer --customer 5c0e… --analyze

exit codes:
  0   done
  1   the server refuses the statement, or the customer is not active
  2   usage: no such query, a module that does not load, a parameter, a DSN
  5   the database is not to be reached
  130 interrupted

The queries are those of the modules that [tool.tenantstore.check] in the nearest pyproject.toml names, or --module
here; else tenantstore's own, which show and explain always know.
"""
_LISTED = ("name", "scope", "shape", "record", "parameters")


def main(argv: Sequence[str]) -> int:
    """Parse and carry out; the exit code."""
    asked = make_parser().parse_args(argv)
    # Not before: --help must not wait for psycopg.
    import psycopg

    try:
        run: Callable[[argparse.Namespace], int] = asked.run
        return run(asked)
    except (TenantstoreError, psycopg.Error) as error:
        return failed(error, asked.json)


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tenantstore queries",
        description="Which queries there are, what one is made of, and how the server runs it for a customer.",
        formatter_class=Help,
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def add(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--module", action="append", default=[], help="a module or package that declares queries")
        made.add_argument("--json", action="store_true", help="the result as JSON")
        made.set_defaults(run=run)
        return made

    add("list", "list all: name, scope, shape, record, parameters", _list)
    show = add("show", "show one: its SQL, what it takes and gives, and what is proven of it", _show)
    explain = add("explain", "show its plan, as the customer or the operator who would run it", _explain)
    for each in (show, explain):
        _complete(each.add_argument("name", metavar="NAME", help="as in list: folder/file"))
    option = explain.add_argument
    option("--customer", metavar="UUID", help="whose query it is; is :customer_id as well")
    option(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, as the server reads its type: a list is {1,2}; NAME alone is null (default: what the query's"
        " function takes where its caller gives nothing)",
    )
    option("--analyze", action="store_true", help="run it, and roll back; a sequence that it draws from stays drawn")
    option("--dsn", default="", help=DATABASE)
    return parser


def _complete(action: argparse.Action) -> None:
    """Have shells complete the names of queries, here and where argcomplete is in use."""
    action.completer = _names  # type: ignore[attr-defined]


def _names(**_given: Any) -> Iterable[str]:
    return list(dict.fromkeys(query.name for project in (_project([]), _ours()) for query in _declared(project)))


def _project(modules: list[str]) -> "Project":
    """What is checked is what is shown."""
    from tenantstore.checking.query.project import here

    return here(modules=modules) if modules else here()


def _ours() -> "Project":
    from tenantstore.checking.query.project import project

    return project()


def _declared(project: "Project") -> "list[Query[Any]]":
    """All by name. What could not be declared, the log tells."""
    return _found(project)[0]


def _found(project: "Project") -> "tuple[list[Query[Any]], bool]":
    """The same, and whether it is all there are."""
    from tenantstore.checking.query.modules import UNDECLARED, declared

    queries, found = declared(project.modules)
    failed = [each for each in found if each.code == UNDECLARED]
    for each in failed:
        log(f"not shown: {each}")
    return sorted(queries, key=lambda query: query.name), not failed


def _named(asked: argparse.Namespace) -> "tuple[list[Query[Any]], list[Query[Any]], Project]":
    """One query, or more where it is declared more than once; all beside it; and the project that it is of.

    Tenantstore's own are there in every project.

    :raises Misconfigured: when there is none.
    """
    from tenantstore.queries.source import nearest

    name = asked.name.removesuffix(".sql")
    known: list[str] = []
    for project in (_project(asked.module), _ours()):
        queries = _declared(project)
        if found := [each for each in queries if each.name == name]:
            return found, queries, project
        known += [each.name for each in queries]
    raise Misconfigured(f"there is no query {name}{nearest(name, known)}", "`tenantstore queries list` lists all.")


def _list(asked: argparse.Namespace) -> int:
    from tenantstore.cli.queries_shown import listed

    project = _project(asked.module)
    queries, complete = _found(project)
    entries = [listed(each) for each in queries]
    if asked.json:
        print(dumped({"queries": entries}))
    else:
        rows = [[str(each[key]) for key in _LISTED[:-1]] + [", ".join(each["parameters"])] for each in entries]
        table(_LISTED, rows, cut=True)
        if sys.stderr.isatty() and project.modules != _ours().modules:
            log(f"tenantstore's own are listed by --module {_ours().modules[0]}; show and explain know them too")
    return 0 if complete else USAGE


def _show(asked: argparse.Namespace) -> int:
    from tenantstore.cli.queries_shown import described, show

    found, queries, project = _named(asked)
    shown = [described(each, queries, project) for each in found]
    if asked.json:
        print(dumped({"queries": shown}))
        return 0
    for number, each in enumerate(shown):
        if number:
            print()
        show(each)
    return 0


def _explain(asked: argparse.Namespace) -> int:
    from tenantstore.cli.queries_explain import explain

    query = _named(asked)[0][0]
    plan = explain(query, asked.customer, asked.set, asked.analyze, asked.json, asked.dsn)
    print(dumped({"query": query.name, "plan": plan}) if asked.json else "\n".join(plan))
    return 0
