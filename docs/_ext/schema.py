"""The page of the schema: a picture with whose each table is, and what a customer may do with it, from the model.

Where a box stands is written here; what is in it and how it is marked is taken from
:mod:`tenantstore.checking.ownership`, and a test holds the lines to the foreign keys of a migrated database.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from docs._ext.markdown import code, fence, page, plain
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.tenancy import ANY, EVERY, Granted, Named, Table, Through

WIDTH, HEIGHT = 1138, 580
_BOX_WIDTH, _LINE = 176, 16
#: The left upper corner of each table's box.
BOXES: Mapping[str, tuple[int, int]] = {
    "users": (16, 16),
    "relay_servers": (268, 16),
    "customers": (520, 16),
    "customer_auth_tokens": (946, 16),
    "pairing_codes": (16, 186),
    "devices": (412, 186),
    "device_shares": (760, 186),
    "device_commands": (16, 374),
    "rotation_links": (202, 374),
    "ip_history": (388, 374),
    "device_status_logs": (574, 374),
    "bandwidth_logs": (760, 374),
    "proxy_connections": (946, 374),
    "connection_passwords": (946, 486),
}
#: From what refers to what is referred to: the line, as a path of SVG.
FOREIGN_KEYS: Mapping[tuple[str, str], str] = {
    ("customer_auth_tokens", "customers"): "M946 41 H696",
    ("devices", "customers"): "M550 186 V66",
    ("devices", "relay_servers"): "M442 186 V150 H390 V66",
    ("device_shares", "customers"): "M848 186 V110 H650 V66",
    ("device_shares", "devices"): "M760 219 H588",
    ("pairing_codes", "devices"): "M192 219 H412",
    ("pairing_codes", "users"): "M60 186 V66",
    ("pairing_codes", "relay_servers"): "M100 186 V150 H310 V66",
    ("pairing_codes", "customers"): "M140 186 V130 H500 V44 H520",
    ("device_commands", "devices"): "M104 374 V320 H500 V252",
    ("rotation_links", "devices"): "M290 374 V320 H500 V252",
    ("ip_history", "devices"): "M476 374 V320 H500 V252",
    ("device_status_logs", "devices"): "M662 374 V320 H500 V252",
    ("proxy_connections", "devices"): "M1000 374 V320 H500 V252",
    ("proxy_connections", "customers"): "M1070 374 V110 H650 V66",
}
#: Reached by way of the other, with no foreign key.
REACHED: Mapping[tuple[str, str], str] = {
    ("bandwidth_logs", "devices"): "M848 374 V320 H500 V252",
    ("connection_passwords", "proxy_connections"): "M1034 486 V440",
}


class Kind(NamedTuple):
    """Whose a table is, as the picture marks it."""

    name: str
    text: str
    #: Hue and saturation.
    colour: str


_OWN = Kind("own", "the customer stands in the row", "140 45%")
_THROUGH = Kind("through", "reached through another row", "212 60%")
_PUBLIC = Kind("public", "everybody reads it", "45 70%")
_OPERATOR = Kind("operator", "the operator's alone", "0 50%")
KINDS = (_OWN, _THROUGH, _PUBLIC, _OPERATOR)


def pages() -> Iterator[tuple[str, str]]:
    """The one page with its name."""
    yield (
        "schema/index",
        page(
            "The schema",
            "Whose each row is. A line leads from a foreign key to what it names; a broken one is no foreign key, and a"
            " customer's rows are found by it all the same.",
            fence("{raw} html", draw()),
            "## What a customer may do",
            "Held twice: by what [tenantstore check](../findings/check.md) proves of every query, and by the policies"
            " and grants of the database. A right is `owner`, a permission of a share, or any that reaches the row.",
            *map(_table, BOXES),
        ),
    )


def kind_of(name: str) -> Kind:
    """How the picture marks a table."""
    held = OWNERSHIP.tables.get(name, Table())
    if held.public:
        return _PUBLIC
    if held.owners and not any(isinstance(rule, Named) and rule.follows for rule in held.rules):
        return _OWN
    return _THROUGH if held.rules else _OPERATOR


def reached_by(name: str) -> Sequence[str]:
    """By what a customer reaches rows of a table, a line each."""
    lines = []
    for rule in OWNERSHIP.tables[name].rules:
        match rule:
            case Named(column=column, flags=[_, *_]):
                lines.append(f"{column}, by its flags")
            case Named(column=column, follows=None):
                lines.append(f"{column} is the customer")
            case Through(table=other, demands=demands):
                lines += [f"through {other}", f"right: {_right(demands)}"]
            case Granted(table=other):
                lines.append(f"lent by {other}")
            case _:
                pass
    return lines


def _right(demands: str) -> str:
    return "any" if demands == ANY else demands


def draw() -> str:
    """The picture; its colours are those of the theme, and it is readable on either ground."""
    parts = [f"<title>The tables, and whose their rows are</title>{_STYLE}{_MARKER}"]
    for (source, target), path in {**FOREIGN_KEYS, **REACHED}.items():
        kept = "key" if (source, target) in FOREIGN_KEYS else "reached"
        parts.append(f'<path class="{kept}" d="{path}"><title>{source} to {target}</title></path>')
    parts += [_box(name, x, y) for name, (x, y) in BOXES.items()]
    parts += [_legend(number, kind) for number, kind in enumerate(KINDS)]
    return f'<svg class="picture" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" xmlns="{_SVG}">{"".join(parts)}</svg>'


_SVG = "http://www.w3.org/2000/svg"
_STYLE = (
    "<style>"
    ".picture text{font:11px var(--font-stack,sans-serif);fill:var(--color-foreground-primary,#222)}"
    ".picture text.name{font:600 13px var(--font-stack--monospace,monospace)}"
    ".picture path{fill:none;stroke:var(--color-foreground-muted,#777);stroke-width:1.4;marker-end:url(#to)}"
    ".picture path.reached{stroke-dasharray:5 4}"
    ".picture marker path{fill:var(--color-foreground-muted,#777);stroke:none;marker-end:none}"
    ".picture .ground{fill:var(--color-background-primary,#fff)}"
    + "".join(
        f".picture .{kind.name}{{fill:hsl({kind.colour} 50% / .16);stroke:hsl({kind.colour} 50%);stroke-width:1.5}}"
        for kind in KINDS
    )
    + ".picture .operator{stroke-dasharray:3 3}</style>"
)
_MARKER = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z"/></marker></defs>'
)


def _box(name: str, x: int, y: int) -> str:
    lines = [*reached_by(name)] or [kind_of(name).text]
    frame = f'x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{34 + _LINE * len(lines)}" rx="6"'
    texts = [_text(x + 10, y + 22, name, "name")]
    texts += [_text(x + 10, y + 22 + _LINE * number, line) for number, line in enumerate(lines, 1)]
    # Lines go on behind a box, and its colour lets them through.
    return f'<rect class="ground" {frame}/><rect class="{kind_of(name).name}" {frame}/>{"".join(texts)}'


def _legend(number: int, kind: Kind) -> str:
    y = HEIGHT - 90 + 22 * number
    return f'<rect class="{kind.name}" x="16" y="{y}" width="22" height="14" rx="3"/>{_text(48, y + 12, kind.text)}'


def _text(x: int, y: int, text: str, name: str = "line") -> str:
    return f'<text x="{x}" y="{y}" class="{name}">{escape(text)}</text>'


def _table(name: str) -> str:
    held = OWNERSHIP.tables[name]
    facts = {
        "whose": "; ".join(reached_by(name)) or kind_of(name).text,
        "reads": "every column" if held.reads == EVERY else _columns(held.reads),
        "inserts": f"{' or '.join(_makers(held))}: {_columns(held.inserts)}" if held.makes else "",
        "changes": ", ".join(f"{code(column)} ({_right(right)})" for column, right in held.updates.items()),
        "deletes": _right(held.deletes) if held.deletes else "",
    }
    return f"### {plain(name)}\n\n" + "\n".join(f":{fact}: {text}" for fact, text in facts.items() if text)


def _columns(names: Sequence[str]) -> str:
    return ", ".join(map(code, names))


def _makers(held: Table) -> Iterator[str]:
    for demand in held.makes:
        only = ", ".join(f"where {code(column)} is {code(text)}" for column, text in demand.only.items())
        yield f"{demand.right} {only}".rstrip()
