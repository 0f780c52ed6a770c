"""A page for each command of `tenantstore`, from the argparse parsers that read it, and one of all exit codes.

The texts are those of `--help`; what is laid out for a terminal there, exit codes and examples, is a table or a block.
"""

import argparse
import os
import re
from collections.abc import Iterator
from importlib import import_module
from unittest.mock import patch

from docs._ext.markdown import code, fence, page, plain, table
from tenantstore.cli import COMMANDS, parser

_EXIT_CODES = "exit codes"
_EXIT_CODE = re.compile(r"(\d+) +(.*)")
# Wide enough that a usage is broken where we say.
_WIDTH = 100


def pages() -> Iterator[tuple[str, str]]:
    """Each page with its name: one for each command, one of exit codes, and the page of `tenantstore --help`."""
    with patch.dict(os.environ, COLUMNS=str(_WIDTH)):
        made = {name: import_module(command.home).make_parser() for name, command in COMMANDS.items()}
        for name, each in made.items():
            yield f"commands/{name}", _command(each, COMMANDS[name].text)
        yield "commands/exit-codes", _exit_codes(made)
        yield "commands/index", _index(parser())


def subcommands(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of what may follow, by name."""
    for action in made._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def exit_codes(made: argparse.ArgumentParser) -> dict[int, str]:
    """What a parser's help says of exit codes."""
    found: dict[int, str] = {}
    for title, lines in _blocks(made.epilog or ""):
        if title.lower() == _EXIT_CODES:
            found |= {int(match[1]): match[2] for line in lines if (match := _EXIT_CODE.fullmatch(line.strip()))}
    return found


def _index(made: argparse.ArgumentParser) -> str:
    return page(
        "Command line",
        fence("text", made.format_help()),
        "Every command, and every command of a command, has `--help` as well.",
        fence("{program} tenantstore", ""),
        fence("{option} --version", "Say which version this is."),
        fence("{toctree}", "\n".join((":hidden:", "", *COMMANDS, "exit-codes"))),
    )


def _command(made: argparse.ArgumentParser, text: str) -> str:
    parts = [_described(made, text)]
    for name, below in subcommands(made).items():
        parts += [f"## {name}", _described(below, ""), _epilog(below, "###")]
    return page(made.prog, *parts, _epilog(made, "##"))


def _described(made: argparse.ArgumentParser, text: str) -> str:
    """The usage, what it does, and each argument as something that others can refer to."""
    usage = made.format_usage().removeprefix("usage: ").replace(f"\n{' ' * len('usage: ')}", "\n")
    parts = (
        fence(f"{{program}} {made.prog}", ""),
        _sentence("" if made.description else text),
        fence("text", usage),
        _prose(made.description or "") if text else _sentence(made.description or ""),
        *(_argument(made, each) for each in made._actions if is_told(each)),
    )
    return "\n\n".join(filter(None, parts))


def is_told(action: argparse.Action) -> bool:
    """Whether it is an argument that a page tells of: not --help, which is everywhere, and not a command."""
    shown_elsewhere = isinstance(action, (argparse._SubParsersAction, argparse._HelpAction))
    return not shown_elsewhere and action.help != argparse.SUPPRESS


def _sentence(text: str) -> str:
    return plain(text[:1].upper() + text[1:]) + "." if text else ""


def _argument(made: argparse.ArgumentParser, action: argparse.Action) -> str:
    metavar = action.metavar or (action.dest if action.choices else "" if action.nargs == 0 else action.dest.upper())
    names = ", ".join(f"{name} {metavar}".rstrip() for name in action.option_strings) or str(metavar)
    text = _sentence(made._get_formatter()._expand_help(action) if action.help else "")
    if action.choices is not None:
        text += f" One of {', '.join(code(str(each)) for each in action.choices)}."
    if isinstance(action, argparse._AppendAction):
        text += " May be given again."
    return fence(f"{{option}} {names}", text.strip())


def _prose(text: str) -> str:
    return "\n\n".join(
        fence("text", paragraph) if paragraph.startswith("  ") else plain(" ".join(paragraph.split()))
        for paragraph in text.strip("\n").split("\n\n")
        if paragraph.strip()
    )


def _epilog(made: argparse.ArgumentParser, level: str) -> str:
    parts = []
    for title, lines in _blocks(made.epilog or ""):
        if title.lower() == _EXIT_CODES:
            rows = [(str(number), plain(text)) for number, text in exit_codes(made).items()]
            parts += [f"{level} Exit codes", table(("code", "meaning"), rows)]
        elif title:
            parts += [f"{level} {title.capitalize()}", fence("text", "\n".join(line[2:] for line in lines))]
        else:
            parts += [_prose("\n".join(lines))]
    return "\n\n".join(parts)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """The parts between blank lines: each with its title, if its first line is one."""
    for paragraph in filter(None, text.strip().split("\n\n")):
        first, *rest = paragraph.splitlines()
        titled = first.endswith(":") and rest and rest[0].startswith("  ")
        yield (first[:-1], rest) if titled else ("", [first, *rest])


def _exit_codes(made: dict[str, argparse.ArgumentParser]) -> str:
    told = {name: exit_codes(each) for name, each in made.items()}
    for name, each in made.items():
        for below in subcommands(each).values():
            told[name] |= exit_codes(below)
    rows = [
        (
            str(number),
            plain(text),
            "<br>".join(
                f"[{name}]({name}.md): {plain(codes[number])}" for name, codes in told.items() if number in codes
            ),
        )
        for number, text in exit_codes(parser()).items()
    ]
    return page(
        "Exit codes",
        "What a script decides by. 5 and 6 are worth another try in a minute; 1, 2 and 4 want a person.",
        table(("code", "meaning", "of a command"), rows),
    )
