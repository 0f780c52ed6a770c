"""Whether a query always gives a row."""

from tenantstore.checking.analysis import Node, Schema
from tenantstore.checking.analysis.tree import (
    JOINS,
    Command,
    Entry,
    SetOperation,
    grouped,
    integer,
    may_be_empty,
    sets_in_targets,
)

_DO_UPDATE = 2


def at_least_one(query: Node, schema: Schema, around: tuple[Node, ...] = ()) -> bool:
    """``around`` are the queries of the levels around it, from within: where its CTEs may stand."""
    if query.commandType == Command.INSERT:
        return _inserts(query, schema, around)
    if query.commandType != Command.SELECT or _cut(query) or sets_in_targets(query):
        return False
    if query.setOperations is not None:
        return _put_together(query.setOperations, query, schema, around)
    if grouped(query):
        if query.havingQual is not None:
            return False
        if may_be_empty(query):
            return True
    return _from(query.jointree, query, schema, around)


def _cut(query: Node) -> bool:
    """Whether LIMIT or OFFSET may leave no row."""
    offset, count = query.limitOffset, query.limitCount
    if offset is not None and integer(offset) != 0:
        return True
    unlimited = count is None or (count.tag == "CONST" and count.constisnull)
    return not unlimited and (integer(count) or 0) < 1


def _put_together(node: Node, query: Node, schema: Schema, around: tuple[Node, ...]) -> bool:
    if node.tag == "RANGETBLREF":
        return at_least_one(query.rtable[node.rtindex - 1].subquery, schema, (query, *around))
    return node.op == SetOperation.UNION and any(
        _put_together(part, query, schema, around) for part in (node.larg, node.rarg)
    )


def _inserts(query: Node, schema: Schema, around: tuple[Node, ...]) -> bool:
    target = schema.relations.get(query.rtable[query.resultRelation - 1].relid)
    if target is None or target.kind == "v":
        return False
    places = [schema.relations[oid] for oid in schema.descendants(target.oid)]
    # A trigger may skip the row, and nobody knows what a foreign server does.
    if any(place.redirected or place.amended or place.kind == "f" for place in places):
        return False
    conflict = query.onConflict
    if conflict is not None and (conflict.action != _DO_UPDATE or conflict.onConflictWhere is not None):
        return False
    return not sets_in_targets(query) and _from(query.jointree, query, schema, around)


def _from(item: Node, query: Node, schema: Schema, around: tuple[Node, ...]) -> bool:
    """Whether a part of FROM always has a row."""
    if item.tag == "RANGETBLREF":
        return _relation(query.rtable[item.rtindex - 1], query, schema, around)
    if item.tag == "FROMEXPR":
        parts = item.fromlist or ()
        return item.quals is None and all(_from(part, query, schema, around) for part in parts)
    left, right = (_from(part, query, schema, around) for part in (item.larg, item.rarg))
    match JOINS[item.jointype]:
        case "left":
            return left
        case "right":
            return right
        case "full":
            return left or right
        case _:
            return item.quals is None and left and right


def _relation(entry: Node, query: Node, schema: Schema, around: tuple[Node, ...]) -> bool:
    match entry.rtekind:
        case Entry.SUBQUERY if entry.subquery is not None:
            return at_least_one(entry.subquery, schema, (query, *around))
        case Entry.RELATION if entry.relkind == "v":
            return at_least_one(schema.view(entry.relid), schema)
        case Entry.CTE if not entry.self_reference:
            levels = (query, *around)[entry.ctelevelsup :]
            cte = next(each for each in levels[0].cteList if each.ctename == entry.ctename)
            return at_least_one(cte.ctequery, schema, levels)
        case Entry.FUNCTION:
            return any(not (each.funcexpr.tag == "FUNCEXPR" and each.funcexpr.funcretset) for each in entry.functions)
        case kind:
            return kind in (Entry.VALUES, Entry.RESULT)
