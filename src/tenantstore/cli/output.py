"""How the commands write: JSON that any output can carry, tables, lines of the log, and what went wrong."""

import argparse
import codecs
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.shown import indented, one_line, shown

# The owner's DSN, as `tenantstore db up` sets it: no command reads it by itself, or one could migrate by mistake.
OWNER_DSN = "TENANTSTORE_OWNER_DSN"

FAILED, USAGE, PENDING, FINDINGS, UNREACHABLE, INTERRUPTED = 1, 2, 3, 4, 5, 130
# What a table has between two cells, and the least of a cell that is cut.
_BETWEEN = "   "
_LEAST = 8


class Help(argparse.RawDescriptionHelpFormatter):
    """Commands below their heading, without a line that says `COMMAND` once more."""

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text


class Parser(argparse.ArgumentParser):
    """Says of a misspelt command or option which may be meant."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        given = sys.argv[1:] if args is None else list(args)
        # argparse would first tell of the value that follows, or as a parser above this one. A parser that takes no
        # abbreviations hands on what is not its own.
        if self.allow_abbrev and (unknown := self._unknown(given)):
            options = [option for option in self._option_string_actions if option.startswith("--")]
            self.error(f"there is no option {one_line(unknown)}{meant(unknown, options)}")
        return super().parse_known_args(given, namespace)

    def _unknown(self, given: Sequence[str]) -> str | None:
        """The first option that is none of this parser's, nor the beginning of one."""
        for word in given:
            # What follows a command is that one's.
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return None
            name = word.partition("=")[0]
            is_known = any(option.startswith(name) for option in self._option_string_actions)
            # With a blank in it, it is no option to argparse either.
            if name.startswith("--") and " " not in word and not is_known:
                return name
        return None

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += meant(str(value), map(str, action.choices or ()))
            raise


def meant(word: str, choices: Iterable[str]) -> str:
    """``; did you mean …?`` for a misspelt word of the command line, or nothing."""
    # Imported where a word is misspelt: it takes longer to import than most of what is here.
    import difflib

    # Looser than for queries and columns: there are few to choose from, and fingers swap letters.
    # The dashes of options would be alike in any two.
    words = {choice.lstrip("-"): choice for choice in choices}
    close = difflib.get_close_matches(word.lstrip("-"), list(words), n=1, cutoff=0.5)
    return f"; did you mean {words[close[0]]}?" if close else ""


# What --dsn says everywhere.
DATABASE = "the database (default: $TENANTSTORE_DSN, else libpq's PG* variables)"


def dumped(data: dict[str, Any]) -> str:
    """The data as JSON: of ASCII only, where the output knows no more."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return json.dumps(data, ensure_ascii=codecs.lookup(encoding).name != "utf-8", indent=2)


def log(text: str) -> None:
    """Tell it on stderr."""
    print(shown(text), file=sys.stderr, flush=True)


def failed(error: Exception, as_json: bool, code: int | None = None) -> int:
    """Tell of an error: on stderr, and with --json on stdout as well. The exit code: ``code``, else the error's own."""
    if isinstance(error, MigrationError):
        text, own = str(error), error.exit_code
    else:
        # Somebody else's words, of any number of lines.
        text = "\n".join(indented(str(each).strip()) for each in (error, *getattr(error, "__notes__", ())))
        own = FAILED
    code = own if code is None else code
    log(f"error: {text}")
    if as_json:
        print(dumped({"error": failure(error, code, text)}))
    return code


def failure(error: Exception, code: int, text: str) -> dict[str, Any]:
    """What JSON says of any error."""
    return {"kind": type(error).__name__, "exit_code": code, "text": text}


def is_watched() -> bool:
    """Whether the output is a person's terminal, and rich, of the extra ``cli``, is there to draw on it."""
    is_terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return is_terminal and importlib.util.find_spec("rich") is not None


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], cut: bool = False) -> None:
    """Print rows: drawn as a table where a person watches, else a line each, with two blanks or more between cells.

    A drawn row is as many lines as it needs, or where it is ``cut`` one, as much as there is room for.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if is_watched():
        _draw(headings, cells, cut)
        return
    widths = _widths(cells)
    for row in cells:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*cells, strict=True)]


def _draw(headings: Sequence[str], cells: Sequence[Sequence[str]], cut: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    drawn = Table(*headings, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in drawn.columns[:-1]:
        column.no_wrap = cut
    drawn.columns[0].no_wrap = True
    room = console.width - sum(width + len(_BETWEEN) for width in _widths([headings, *cells])[:-1])
    for row in cells:
        # As Text: what stands in brackets is no markup of rich's.
        texts = [Text(cell) for cell in row]
        if cut:
            texts[-1].truncate(max(room, _LEAST), overflow="ellipsis")
        drawn.add_row(*texts)
    console.print(drawn)


def sql(text: str) -> None:
    """Print SQL, coloured where a person watches."""
    if is_watched():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(
            Syntax(shown(text), "postgresql", theme="ansi_dark", background_color="default", word_wrap=True)
        )
        return
    print(shown(text))
