"""Text from files and servers as it may be shown: control characters could recolour a terminal, or forge its lines."""

import re

# All but the tab and the newline, CR before a newline among what stays; and what turns the direction of writing.
_CONTROL = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """The text with control characters escaped; newlines stay."""
    return _CONTROL.sub(_escaped, text)


def one_line(text: str) -> str:
    """The text as part of a line: newlines are escaped as well."""
    return shown(text.replace("\n", r"\n"))


def indented(text: str) -> str:
    """The text with its further lines moved in, so that none of them can be taken for one of ours."""
    return shown(text.replace("\n", "\n    "))


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
