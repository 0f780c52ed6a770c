"""Every tenant predicate of a resolved statement taken away in turn, and every mention of the customer another's."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tenantstore.checking.analysis import Node, Schema, walk
from tenantstore.checking.tenancy import TenantModel

_TRUE = Node("CONST", {"consttype": 16, "constisnull": False, "constvalue": b"\x01" + bytes(7)})
_STRANGER = Node("PARAM", {"paramkind": 0, "paramid": 99, "paramtype": 2950})


class Mutant(NamedTuple):
    """``apply`` changes the tree, ``undo`` puts it back; ``of_value`` says that it stands in what a level gives."""

    name: str
    of_value: bool
    apply: Callable[[], None]
    undo: Callable[[], None]


class _Slot(NamedTuple):
    """Where a node hangs: a field of another or a place in a list."""

    holder: Any
    key: Any
    query: Node
    parent: Node
    of_value: bool = False

    def putting(self, node: Any) -> Callable[[], None]:
        def put() -> None:
            self.holder[self.key] = node

        return put


def parameter(number: int) -> Callable[[Node], bool]:
    """Whether a node is that parameter."""
    return lambda node: node.tag == "PARAM" and node.paramkind == 0 and node.paramid == number


def mutants(tree: Node, customer: Callable[[Node], bool], schema: Schema, model: TenantModel) -> Iterator[Mutant]:
    """``customer`` says of a node whether it stands for who is asking."""
    words = _words(model)
    for node, slot in list(_slots(tree, _Slot(None, None, tree, tree))):
        what = _about(node, slot.query, customer, schema, words) if _is_condition(slot) else None
        if what is not None:
            yield Mutant(f"without {what}", slot.of_value, slot.putting(_TRUE), slot.putting(node))
        if customer(node):
            yield Mutant("as somebody else", slot.of_value, slot.putting(_STRANGER), slot.putting(node))


def _words(model: TenantModel) -> set[str]:
    """The columns that a share counts by, and the values that a permission is held to."""
    found: set[str] = set()
    for table in model.tables.values():
        for rule in table.rules:
            found |= {*getattr(rule, "unless", ()), *getattr(rule, "flags", ())}
        for demand in table.makes:
            found |= set(demand.only.values())
    return found


def _slots(value: Any, slot: _Slot) -> Iterator[tuple[Node, _Slot]]:
    """Every node with where it hangs, but for the columns of a join, which repeat those of its sides."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _slots(each, slot._replace(holder=value, key=number))
    elif isinstance(value, Node):
        yield value, slot
        query = value if value.tag == "QUERY" else slot.query
        for name, each in value.fields.items():
            if name not in ("joinaliasvars", "exclRelTlist"):
                yield from _slots(each, _Slot(value.fields, name, query, value, _gives(value, slot)))


def _gives(node: Node, slot: _Slot) -> bool:
    """Whether it is part of what a level gives; the conditions of a sub-query there are conditions."""
    return node.tag == "TARGETENTRY" or (slot.of_value and node.tag != "QUERY")


def _is_condition(slot: _Slot) -> bool:
    """Whether what hangs there is a whole condition, or an argument of AND or OR."""
    joined = slot.parent.tag == "BOOLEXPR" and slot.parent.boolop != "not"
    return joined or slot.key in ("quals", "onConflictWhere", "qual", "mergeJoinCondition")


def _about(node: Node, query: Node, customer: Callable[[Node], bool], schema: Schema, words: set[str]) -> str | None:
    """What a tenant predicate is about: the customer, a flag of a share, or a sub-query that is about either."""
    match node.tag:
        case "OPEXPR" | "SCALARARRAYOPEXPR":
            inside = list(walk(node.args))
            if any(map(customer, inside)):
                return "the customer"
            if any(_is_text(each, words) for each in inside):
                return "what a permission is for"
        case "SUBLINK" if node.subLinkType in (0, 2):
            return "a sub-query"
        case "VAR":
            return _flag(node, query, schema, words)
        case "BOOLEXPR" if node.boolop == "not" and node.args[0].tag == "VAR":
            return _flag(node.args[0], query, schema, words)
    return None


def _is_text(node: Node, texts: set[str]) -> bool:
    return node.tag == "CONST" and not node.constisnull and node.constvalue[4:].decode("latin-1") in texts


def _flag(var: Node, query: Node, schema: Schema, flags: set[str]) -> str | None:
    entry = query.rtable[var.varno - 1]
    if var.varlevelsup or entry.rtekind != 0 or var.varattno <= 0:
        return None
    name = schema.relations[entry.relid].attributes[var.varattno].name
    return name if name in flags else None
