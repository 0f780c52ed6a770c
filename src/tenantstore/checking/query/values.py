"""Which Python values belong to which PostgreSQL type, on the way out and on the way in.

Out: what psycopg's binary loaders give where nobody registered others. Of a type that they do not know, an enum or one
of an extension, they give the server's own bytes. In: values go as text whose type the server decides, so the text of
a value must be one that the type reads, and reads as that value.
"""

import datetime
import ipaddress
from collections import abc
from collections.abc import Iterator
from dataclasses import is_dataclass
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, is_typeddict
from uuid import UUID

import psycopg
from psycopg.adapt import PyFormat
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from tenantstore.checking.query.annotations import Unresolved, choices, leaves, named
from tenantstore.checking.query.facts import OwnTypes

_ADDRESSES = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
)
_NETWORKS = (ipaddress.IPv4Network, ipaddress.IPv6Network)
_GIVEN: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    **dict.fromkeys(("smallint", "integer", "bigint", "oid"), (int,)),
    **dict.fromkeys(("real", "double precision"), (float,)),
    "numeric": (Decimal,),
    **dict.fromkeys(("text", "character varying", "character", '"char"', "name"), (str,)),
    "bytea": (bytes,),
    "uuid": (UUID,),
    "date": (datetime.date,),
    **dict.fromkeys(("time without time zone", "time with time zone"), (datetime.time,)),
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), (datetime.datetime,)),
    "interval": (datetime.timedelta,),
    "inet": _ADDRESSES,
    "cidr": _NETWORKS,
    "record": (tuple,),
    **dict.fromkeys(("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"), (Range,)),
    **dict.fromkeys(
        ("int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"),
        (Multirange,),
    ),
}
_JSON = ("json", "jsonb")
_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
# The first that a class is a subclass of counts: a bool is an int, a datetime a date.
_TAKEN: dict[type, set[str]] = {
    bool: {"boolean"},
    int: {*_NUMBERS, "oid"},
    float: {"real", "double precision", "numeric"},
    Decimal: {"numeric", "real", "double precision"},
    bytes: {"bytea"},
    bytearray: {"bytea"},
    memoryview: {"bytea"},
    UUID: {"uuid"},
    # Without a zone its offset would be dropped without a word, and a day depends on the session's zone.
    datetime.datetime: {"timestamp with time zone"},
    datetime.date: {"date"},
    datetime.time: {"time without time zone", "time with time zone"},
    datetime.timedelta: {"interval"},
    **{each: {"inet"} for each in _ADDRESSES},
    **{each: {"cidr", "inet"} for each in _NETWORKS},
    Range: {name for name, given in _GIVEN.items() if given == (Range,)},
    Multirange: {name for name, given in _GIVEN.items() if given == (Multirange,)},
}
# Types whose values Python has a type of its own for. An address is as often a text.
_NOT_TEXT = {name for classes, names in _TAKEN.items() if classes not in (*_ADDRESSES, *_NETWORKS) for name in names}
_LISTS = (list, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable, abc.Reversible)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


def gives(type_name: str, types: OwnTypes) -> str:
    """What the driver gives for a type, in words."""
    if type_name in _JSON:
        return "what the JSON holds, a dict or a list"
    return " or ".join(named(each) for each in _given(type_name, types))


def is_raw(type_name: str, types: OwnTypes) -> bool:
    """Whether the driver knows no more of the type than its bytes."""
    return type_name not in _JSON and type_name != "bytea" and _given(type_name, types) == (bytes,)


def is_choice_of(hint: Any, type_name: str, types: OwnTypes) -> bool:
    """Whether an annotation is a Literal of values such as the driver gives, so that only some of them may be missing.

    An enum is none: no driver gives its members.
    """
    found = [each for each in leaves(hint) if each is not NoneType]
    given = _given(type_name, types)
    return bool(found) and all(
        get_origin(each) is Literal and {type(value) for value in get_args(each)} <= set(given) for each in found
    )


def holds(hint: Any, type_name: str, types: OwnTypes) -> bool | None:
    """Whether an annotation holds whatever the driver gives for a type; None where that cannot be told.

    What an array or a JSON document has in it may be null, or anything, and is taken on trust.
    """
    found = [each for each in leaves(hint) if each is not NoneType]
    if any(each in (Any, object) for each in found):
        return True
    if any(each is Unresolved or isinstance(each, TypeVar) or getattr(each, "_is_protocol", False) for each in found):
        return None
    if type_name in _JSON:
        return any((get_origin(each) or each) in (*_LISTS, *_MAPPINGS) or is_typeddict(each) for each in found)
    element = _element(type_name, types)
    if element is None:
        return all(any(_is_a(given, each) for each in found) for given in _given(type_name, types))
    lists = [each for each in found if (get_origin(each) or each) in _LISTS]
    if any(not get_args(each) for each in lists):
        return True
    verdicts = [holds(get_args(each)[0], element, types) for each in lists]
    return True if True in verdicts else None if None in verdicts else False


def _given(type_name: str, types: OwnTypes) -> tuple[type, ...]:
    if _element(type_name, types) is not None:
        return (list,)
    # The server itself names what a domain is of.
    own = types.get(type_name)
    return _given(own.of, types) if own and own.kind == "domain" else _GIVEN.get(type_name, (bytes,))


def _element(type_name: str, types: OwnTypes) -> str | None:
    """What an array is made of, if the driver knows it: of a database's own types, domains too, it gives bytes."""
    element = type_name.removesuffix("[]")
    if element == type_name or element in types:
        return None
    return element if element in _GIVEN or element in _JSON else None


def _is_a(given: type, leaf: Any) -> bool:
    wanted = get_origin(leaf) or leaf
    if not isinstance(wanted, type):
        return False
    # By inheritance these would do, and what is done with them would not.
    if (given, wanted) in ((bool, int), (datetime.datetime, datetime.date)):
        return False
    return issubclass(given, wanted) or (given, wanted) == (int, float)


def refusals(hint: Any, type_name: str, types: OwnTypes) -> Iterator[str]:
    """Why a parameter of that type cannot take each value that an annotation allows; a phrase for each it cannot."""
    own = types.get(type_name)
    while own and own.kind == "domain":
        type_name, own = own.of, types.get(own.of)
    for leaf in leaves(hint):
        if leaf not in (NoneType, Any, object, Unresolved) and not isinstance(leaf, TypeVar):
            problem = _refusal(leaf, type_name, types)
            if problem:
                yield problem


def _refusal(leaf: Any, type_name: str, types: OwnTypes) -> str:
    own = types.get(type_name)
    chosen = choices(leaf)
    if chosen is not None:
        return _refusal_of_choices(chosen, leaf, type_name, types)
    if own and own.kind == "enum":
        labels = ", ".join(map(repr, own.labels))
        return f"{named(leaf)} is more than {type_name} takes, which is {labels}"
    origin = get_origin(leaf) or leaf
    if origin in _LISTS or origin in (tuple, set, frozenset, abc.Set) or origin in _MAPPINGS or is_typeddict(leaf):
        return _refusal_of_container(leaf, origin, type_name, types)
    if own or not isinstance(origin, type):
        return ""
    return _refusal_of_class(origin, type_name)


def _refusal_of_choices(chosen: tuple[Any, ...], leaf: Any, type_name: str, types: OwnTypes) -> str:
    own = types.get(type_name)
    if own and own.kind == "enum":
        strange = [each for each in chosen if each not in own.labels]
        return f"{type_name} has no {', '.join(map(repr, strange))}" if strange else ""
    wrong = [each for each in {type(each) for each in chosen} if _refusal(each, type_name, types)]
    return f"{type_name} does not take {named(leaf)}" if wrong else ""


def _refusal_of_container(leaf: Any, origin: Any, type_name: str, types: OwnTypes) -> str:
    if type_name in _JSON:
        if origin is dict or is_typeddict(leaf):
            return ""
        if origin in _MAPPINGS:
            return f"the driver sends a dict, and no other {named(leaf)}"
        return f"the driver sends {named(leaf)} as an array, which is no JSON: pass json.dumps(…)"
    if origin in _MAPPINGS or is_typeddict(leaf):
        return f"{named(leaf)} is sent as JSON, which {type_name} does not take"
    if not type_name.endswith("[]"):
        return "" if type_name in types or type_name == "record" else f"{type_name} does not take {named(leaf)}"
    if origin is not list:
        return f"{named(leaf)} allows a tuple, which is sent as a row, or a set, which is not sent at all: list it is"
    element = (*get_args(leaf), Any)[0]
    return "; ".join(refusals(element, type_name.removesuffix("[]"), types))


def _refusal_of_class(cls: type, type_name: str) -> str:
    if cls is str:
        wrong = type_name in _NOT_TEXT or type_name in _JSON or type_name.endswith("[]")
        return f"{type_name} does not take every str" if wrong else ""
    for known, taken in _TAKEN.items():
        if issubclass(cls, known):
            return "" if type_name in taken else f"{type_name} does not take {named(cls)}{_why(known, type_name)}"
    try:
        psycopg.adapters.get_dumper(cls, PyFormat.TEXT)
    except psycopg.ProgrammingError:
        return f"the driver cannot send {'the record' if is_dataclass(cls) else 'a'} {cls.__name__}"
    return ""


def _why(cls: type, type_name: str) -> str:
    if cls is datetime.datetime and type_name.startswith(("timestamp", "date", "time")):
        return ": its offset would be dropped" if "timestamp" in type_name else ": the day depends on its offset"
    return ""
