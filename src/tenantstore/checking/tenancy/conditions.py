"""What follows from a condition that is true: equalities, rows that are there, choices."""

from typing import TYPE_CHECKING, Any

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.choices import Arm, Choice
from tenantstore.checking.tenancy.frames import Frame, Link, is_witnessed, outputs
from tenantstore.checking.tenancy.rows import CUSTOMER, FALSE, NULL, TRUE, Term

if TYPE_CHECKING:
    from tenantstore.checking.tenancy.facts import Facts

_BOOLEAN = 16
# Of which blanks at the end are no part; and types below came with the server.
_BPCHAR, _FIRST_OF_USERS = 1042, 16384
# Where an expression says of what type it is.
_TYPES = ("resulttype", "vartype", "paramtype", "consttype", "funcresulttype", "typeId")
_IS_TRUE, _IS_FALSE = 0, 2
_IS_NULL = 0
# What a value goes through and stays the value that it is.
_SAME = ("RELABELTYPE", "COERCETODOMAIN")
_STRICT = (*_SAME, "COERCEVIAIO", "ARRAYCOERCEEXPR", "FIELDSELECT")
# Casts to the length of a column, by name: they refuse what is too long unless the statement asks for the cast.
_LENGTHS = ("varchar", "bpchar", "numeric", "timestamptz", "timestamp", "time", "timetz", "interval", "bit", "varbit")
_IMPLICIT = 2
# The kind of a parameter that stands for a column of a sub-query that is compared with.
_OF_LINK = 2


def learn(facts: "Facts", expression: Any, frame: Frame, positive: bool = True) -> None:
    """The expression is true, or false where it is not ``positive``, in every row that comes out."""
    expression, frame = frame.resolve(expression)
    if not isinstance(expression, Node):
        return
    match expression.tag:
        case "BOOLEXPR":
            _learn_from_boolean(facts, expression, frame, positive)
        case "VAR":
            _learn_from_column(facts, expression, frame, positive)
        case "CONST" if expression.consttype == _BOOLEAN:
            facts.impossible = facts.impossible or term_of(facts, expression, frame) != (TRUE if positive else FALSE)
        case "OPEXPR" | "FUNCEXPR":
            exists(facts, expression, frame)
            if positive and expression.tag == "OPEXPR":
                _learn_from_operator(facts, expression, frame)
        case "SCALARARRAYOPEXPR" if positive and expression.useOr:
            # Only where it is true: of an array without elements it is false, whatever is compared.
            exists(facts, expression.args[0], frame)
            _learn_from_array(facts, expression, frame)
        case "DISTINCTEXPR" if not positive:
            _note(facts, expression, frame, "tenant-null")
        case "NULLTEST" if not expression.argisrow:
            _learn_from_null_test(facts, expression, frame, positive)
        case "BOOLEANTEST" if positive and expression.booltesttype in (_IS_TRUE, _IS_FALSE):
            learn(facts, expression.arg, frame, expression.booltesttype == _IS_TRUE)
        case "COALESCEEXPR" if positive:
            _learn_from_coalesce(facts, expression, frame)
        case "SUBLINK" if positive:
            _learn_from_link(facts, expression, frame)
        case tag if tag in _SAME:
            learn(facts, expression.arg, frame, positive)
        case _:
            pass


def _learn_from_boolean(facts: "Facts", expression: Node, frame: Frame, positive: bool) -> None:
    if expression.boolop == "not":
        learn(facts, expression.args[0], frame, not positive)
    elif (expression.boolop == "and") is positive:
        for each in expression.args:
            learn(facts, each, frame, positive)
    else:
        arms = tuple(Arm(frame, each, positive) for each in expression.args)
        facts.choose(Choice(arms, expression if expression.boolop == "or" else None))


def _learn_from_column(facts: "Facts", expression: Node, frame: Frame, positive: bool) -> None:
    exists(facts, expression, frame)
    facts.merge(term_of(facts, expression, frame), TRUE if positive else FALSE)
    source = facts.linked.get(frame.owner(expression).number)
    if source is not None and expression.varattno > 0:
        given = outputs(source.query)
        if expression.varattno <= len(given):
            learn(facts, given[expression.varattno - 1].expr, source.after, positive)


def _learn_from_operator(facts: "Facts", expression: Node, frame: Frame) -> None:
    if expression.opno in frame.world.schema.equalities and len(expression.args) == 2:
        one, other = (term_of(facts, each, frame) for each in expression.args)
        facts.impossible = facts.impossible or NULL in (one, other)
        facts.merge(one, other)
        facts.value(one)
        facts.value(other)
        if one is None or other is None:
            _note(facts, expression, frame, "tenant-coerced")


def _note(facts: "Facts", expression: Node, frame: Frame, code: str) -> None:
    """What is compared with the customer in a way that does not make it equal."""
    terms = [term_of(facts, _bare(frame.resolve(each)[0]), frame) for each in expression.args]
    if CUSTOMER in terms:
        facts.near |= {term: code for term in terms if term is not None and term[0] == "column"}


def _learn_from_array(facts: "Facts", expression: Node, frame: Frame) -> None:
    """``x = ANY (…)``: of a list, of what a sub-query finds, of a column that lists customers."""
    if expression.opno not in frame.world.schema.equalities:
        return
    one, many = expression.args
    while _keeps(many, frame) or (many.tag == "ARRAYCOERCEEXPR" and _keeps(many.elemexpr, frame)):
        many = many.arg
    if many.tag == "SUBLINK" and many.subLinkType == Link.ARRAY:
        found = _found(facts, many, frame)
        if found is not None:
            facts.merge(term_of(facts, one, frame), found)
    elif many.tag == "ARRAYEXPR" and len(many.elements or []) == 1:
        facts.merge(term_of(facts, one, frame), term_of(facts, many.elements[0], frame))
    elif many.tag == "VAR" and facts.same(term_of(facts, one, frame), CUSTOMER):
        column = term_of(facts, many, frame)
        if column is not None and column not in facts.listed:
            facts.listed.add(column)
            facts.learnt += 1


def _learn_from_null_test(facts: "Facts", expression: Node, frame: Frame, positive: bool) -> None:
    if (expression.nulltesttype == _IS_NULL) is positive:
        # Of a parameter or a new row alone: another column that is null may be of an outer join that found nothing.
        argument, frame = frame.resolve(_bare(expression.arg))
        fresh = argument.tag == "VAR" and frame.owner(argument).fresh
        term = term_of(facts, argument, frame) if fresh or argument.tag == "PARAM" else None
        if term != CUSTOMER:
            facts.merge(term, NULL)
    else:
        exists(facts, expression.arg, frame)


def _learn_from_coalesce(facts: "Facts", expression: Node, frame: Frame) -> None:
    first, *others = expression.args
    if all(term_of(facts, each, frame) == FALSE for each in others):
        learn(facts, first, frame)


def _learn_from_link(facts: "Facts", link: Node, frame: Frame) -> None:
    """A row was found; which, an IN says, and a scalar that is true says what is true of it."""
    kind = link.subLinkType
    if kind not in (Link.EXISTS, Link.ANY, Link.SCALAR) or not is_witnessed(link.subselect):
        return
    found = frame.link(link)
    enter(facts, found)
    if kind == Link.ANY and link.testexpr is not None:
        learn(facts, link.testexpr, frame.testing(found))
    elif kind == Link.SCALAR:
        learn_output(facts, found, 1)


def enter(facts: "Facts", found: Frame) -> None:
    """The level of a sub-query in an expression has given a row."""
    if found.query.setOperations:
        facts.choose_branch(found.given, found)
    else:
        facts.enter(found)


def learn_output(facts: "Facts", found: Frame, number: int) -> None:
    """A column of a level that gave a row is true."""
    given = outputs(found.query)
    if not found.query.setOperations and number <= len(given):
        learn(facts, given[number - 1].expr, found)


def _found(facts: "Facts", link: Node, frame: Frame) -> Term:
    """The first column of the row that a sub-query in an expression has found."""
    found = frame.link(link)
    find(facts, found)
    return found.given.column(1)


def find(facts: "Facts", found: Frame) -> None:
    """A sub-query in an expression has given a value, so there is a row that it is of."""
    if not is_witnessed(found.query):
        return
    enter(facts, found)
    if not found.query.setOperations:
        facts.merge(found.given.column(1), term_of(facts, outputs(found.query)[0].expr, found))


def _scalar(facts: "Facts", link: Node, frame: Frame) -> Term:
    """What stands for the value of a sub-query, which is null where it finds no row."""
    found = frame.link(link)
    facts.scalars[found.given.column(1)] = found
    return found.given.column(1)


def term_of(facts: "Facts", expression: Any, frame: Frame) -> Term | None:
    """What stands for the value of an expression, where something does."""
    expression, frame = frame.resolve(expression)
    if not isinstance(expression, Node):
        return None
    match expression.tag:
        case "VAR":
            return frame.owner(expression).column(expression.varattno) if expression.varattno > 0 else None
        case "PARAM":
            return _parameter(facts, expression, frame)
        case "CONST":
            return _constant(expression, frame)
        case "SUBLINK" if expression.subLinkType == Link.SCALAR:
            return _scalar(facts, expression, frame)
        case _ if _keeps(expression, frame):
            return term_of(facts, expression.arg, frame)
        case _ if frame.world.asks(expression):
            return CUSTOMER
        case "FUNCEXPR" if _is_length(expression, frame):
            return term_of(facts, expression.args[0], frame)
        case _:
            return None


def _parameter(facts: "Facts", expression: Node, frame: Frame) -> Term | None:
    if expression.get("paramkind", 0) == 0:
        number = expression.paramid
        return CUSTOMER if number == frame.world.asking.parameter else ("parameter", number)
    if frame.tested is None or expression.paramkind != _OF_LINK:
        return None
    if frame.tested.query.setOperations:
        return frame.tested.given.column(expression.paramid)
    return term_of(facts, outputs(frame.tested.query)[expression.paramid - 1].expr, frame.tested)


def _constant(expression: Node, frame: Frame) -> Term:
    if expression.constisnull:
        return NULL
    data = expression.constvalue
    if expression.consttype == _BOOLEAN:
        return TRUE if data[0] else FALSE
    if frame.world.schema.types[expression.consttype].category == "S":
        return ("constant", _text(data))
    return ("constant", expression.consttype, data)


def _text(data: bytes) -> str:
    """A value of variable length without its header, which is one byte where its lowest bit says so, else four."""
    return data[1 if data[0] & 1 else 4 :].decode("utf-8", "replace")


def _keeps(expression: Node, frame: Frame) -> bool:
    """Whether it gives its argument as it is, into a type that tells apart what the argument's own tells apart."""
    if expression.tag != "RELABELTYPE":
        return expression.tag == "COERCETODOMAIN"
    schema = frame.world.schema
    becomes = schema.base_type(expression.resulttype).oid
    was = next((expression.arg.fields[each] for each in _TYPES if each in expression.arg.fields), None)
    same = was is not None and schema.base_type(was).oid == becomes
    return same or (becomes != _BPCHAR and becomes < _FIRST_OF_USERS)


def _is_length(expression: Node, frame: Frame) -> bool:
    function = frame.world.schema.functions.get(expression.funcid)
    return (
        expression.funcformat == _IMPLICIT
        and function is not None
        and function.schema == "pg_catalog"
        and function.name in _LENGTHS
        and len(expression.args) > 1
    )


def _bare(expression: Node) -> Node:
    while expression.tag in (*_SAME, "COERCEVIAIO"):
        expression = expression.arg
    return expression


def exists(facts: "Facts", expression: Any, frame: Frame) -> None:
    """The expression is not null, so the rows that would make it so are there."""
    expression, frame = frame.resolve(expression)
    if not isinstance(expression, Node):
        return
    schema = frame.world.schema
    match expression.tag:
        case "VAR":
            _arrive(facts, expression, frame)
        case "OPEXPR" | "FUNCEXPR":
            function = schema.functions.get(expression.funcid if expression.tag == "FUNCEXPR" else expression.opfuncid)
            if function is not None and function.strict and not function.returns_set:
                for each in expression.args or []:
                    exists(facts, each, frame)
        case "SUBLINK" if expression.subLinkType == Link.SCALAR:
            _found(facts, expression, frame)
        case tag if tag in _STRICT:
            exists(facts, expression.arg, frame)
        case _:
            pass


def _arrive(facts: "Facts", var: Node, frame: Frame) -> None:
    row = frame.owner(var)
    if row.number not in facts.present:
        facts.present.add(row.number)
        facts.learnt += 1
    source = facts.linked.get(row.number)
    if source is not None and 0 < var.varattno <= len(outputs(source.query)):
        exists(facts, outputs(source.query)[var.varattno - 1].expr, source.after)
