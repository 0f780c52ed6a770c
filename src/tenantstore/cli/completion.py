"""``tenantstore completion``: what the shell completes; stdout is the script for it, or what may follow some words.

The scripts ask the program itself, so they never fall behind it, and know the queries of the service they stand in.
"""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

from tenantstore.cli.output import Parser
from tenantstore.migrate.shown import one_line

_DESCRIPTION = """
Prints what makes a shell complete commands, options and the names of queries.

  bash   eval "$(tenantstore completion bash)"     in ~/.bashrc
  zsh    eval "$(tenantstore completion zsh)"      in ~/.zshrc, after compinit
  fish   tenantstore completion fish | source      in ~/.config/fish/config.fish
"""
_BASH = """
_tenantstore() {
    local IFS=$'\\n' found
    found=$(tenantstore completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1)
    COMPREPLY=($(compgen -W "$found" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _tenantstore tenantstore
"""
_ZSH = """
_tenantstore() {
    local -a found
    local line
    for line in "${(@f)$(tenantstore completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
    done
    if (( $#found )); then
        _describe tenantstore found
    else
        _files
    fi
}
compdef _tenantstore tenantstore
"""
_FISH = """
function __tenantstore_words
    tenantstore completion words -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
function __tenantstore_files
    test -z "$(__tenantstore_words)"
end
complete -c tenantstore -f -a '(__tenantstore_words)'
complete -c tenantstore -n __tenantstore_files -F
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


class Word(NamedTuple):
    """What may follow, and what it is."""

    text: str
    help: str


def main(argv: Sequence[str]) -> int:
    """Parse and print; the exit code."""
    # What the scripts ask is no business of a reader of --help.
    if [*argv[:2]] == ["words", "--"]:
        for word in words(argv[2:]):
            print(f"{word.text}\t{one_line(word.help)}")
        return 0
    print(_SCRIPTS[make_parser().parse_args(argv).shell].strip())
    return 0


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tenantstore completion",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=list(_SCRIPTS), help="the shell that is to complete")
    return parser


def words(typed: Sequence[str]) -> list[Word]:
    """What the last of the words typed after ``tenantstore`` may become; none where it may be the name of a file."""
    from tenantstore.cli import COMMANDS, parser

    *before, begun = typed or [""]
    if not before:
        found = [Word(name, command.text) for name, command in COMMANDS.items()]
        return _beginning(begun, found if not begun.startswith("-") else _options(parser()))
    command = COMMANDS.get(before[0])
    if command is None:
        return []
    return _beginning(begun, _following(import_module(command.home).make_parser(), before[1:], begun))


def _following(parser: argparse.ArgumentParser, before: Sequence[str], begun: str) -> list[Word]:
    positionals = [each for each in parser._actions if not each.option_strings]
    waiting: argparse.Action | None = None
    for number, word in enumerate(before):
        if waiting is not None:
            waiting = None
        elif word.startswith("-"):
            option = parser._option_string_actions.get(word)
            waiting = option if option is not None and option.nargs is None else None
        elif positionals:
            action = positionals[0]
            if isinstance(action, argparse._SubParsersAction):
                below = action.choices.get(word)
                return _following(below, before[number + 1 :], begun) if below is not None else []
            if action.nargs not in ("*", argparse.REMAINDER):
                positionals.pop(0)
    if waiting is not None:
        return _values(waiting)
    if begun.startswith("-"):
        return _options(parser)
    return _values(positionals[0]) if positionals else []


def _options(parser: argparse.ArgumentParser) -> list[Word]:
    return [
        Word(max(action.option_strings, key=len), _text(action)) for action in parser._actions if action.option_strings
    ]


def _values(action: argparse.Action) -> list[Word]:
    if isinstance(action, argparse._SubParsersAction):
        return [Word(each.dest, _text(each)) for each in action._choices_actions]
    if action.choices is not None:
        return [Word(str(each), "") for each in action.choices]
    if (completer := getattr(action, "completer", None)) is not None:
        # A service's module that cannot be imported is nothing to tell of in the middle of a line.
        with suppress(Exception):
            return [Word(each, "") for each in completer()]
    return []


def _text(action: argparse.Action) -> str:
    if action.help is None or action.help == argparse.SUPPRESS:
        return ""
    return action.help.partition(" (default")[0].replace("%%", "%")


def _beginning(begun: str, found: Sequence[Word]) -> list[Word]:
    return [word for word in found if word.text.startswith(begun)]
