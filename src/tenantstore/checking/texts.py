"""Definitions as texts that can be compared: one line, single spaces, the table by its name."""

import re


def plain(definition: str) -> str:
    """As the server prints it, without its line breaks and indentation."""
    return re.sub(r"\s+", " ", definition).replace("( ", "(").strip().removesuffix(";")


def in_table(text: str, table: str) -> str:
    """A text of the model, of that table."""
    return text.replace("{table}", table)
