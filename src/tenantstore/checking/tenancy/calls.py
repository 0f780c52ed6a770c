"""Calls by which a statement reaches what no condition binds: settings, catalogs, SQL in a text, sequences."""

import re

from tenantstore.checking.analysis import Function, Node
from tenantstore.checking.tenancy.frames import Frame
from tenantstore.checking.tenancy.report import Report

_FIELDS = {
    "FUNCEXPR": "funcid",
    "AGGREF": "aggfnoid",
    "WINDOWFUNC": "winfnoid",
    **dict.fromkeys(("OPEXPR", "SCALARARRAYOPEXPR", "DISTINCTEXPR", "NULLIFEXPR"), "opfuncid"),
}
# Where a value becomes one of a domain; a parameter can be of one from the start.
_DOMAINS = {"COERCETODOMAIN": "resulttype", "PARAM": "paramtype"}

# Of the server's own functions, by name: what they do beside giving a value of their arguments.
_KINDS = (
    ("setting-write", re.compile(r"set_config")),
    ("setting-read", re.compile(r"current_setting|pg_show_all_settings")),
    ("sql-text", re.compile(r"(query|cursor|table|schema|database)_to_xml.*|ts_stat|ts_rewrite|currtid.*")),
    ("sequence", re.compile(r"nextval|currval|lastval|setval|pg_sequence_.*|pg_get_sequence_data")),
    (
        "size",
        re.compile(r"pg_(\w+_)?size|pg_stat_.*|pg_partition_.*|pg_relation_.*|brin_.*"),
    ),
    (
        "server-function",
        re.compile(
            r"pg_(?!typeof$|column_size$|column_compression$|size_pretty$|size_bytes$|backend_pid$|client_encoding$).*"
            r"|lo_.*|lo(read|write|creat|import|export)?|has_.*_privilege|row_security_active|to_reg.*|txid_.*"
            r"|(obj|col|shobj)_description|dblink.*|inet_server_.*|format_type|binary_upgrade_.*"
        ),
    ),
)
# Volatile, and yet of nobody's rows.
_VOLATILE = {
    "random",
    "random_normal",
    "clock_timestamp",
    "timeofday",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "setseed",
}


def judge_call(node: Node, frame: Frame, report: Report) -> None:
    """A function, an operator, an aggregate, a window function or the checks of a domain, by who made it."""
    schema = frame.world.schema
    if node.tag in _DOMAINS:
        for check in schema.checks(node.get(_DOMAINS[node.tag])):
            _judge(check, frame, report)
    elif node.tag in _FIELDS and (function := schema.functions.get(node.get(_FIELDS[node.tag], 0))) is not None:
        _judge(function, frame, report)


def _judge(function: Function, frame: Frame, report: Report) -> None:
    code = _kind(function)
    if code == "function-unknown" and function.name in frame.world.model.functions:
        return
    if code is not None:
        report.say(code, report.call(function.name), name=f"{function.name}()")


def _kind(function: Function) -> str | None:
    if function.schema == "pg_catalog":
        for code, names in _KINDS:
            # Input and output functions of types begin with pg_ too, and are called by no name.
            if names.fullmatch(function.name):
                return code
        return "server-function" if function.volatile == "v" and function.name not in _VOLATILE else None
    return "function-unknown"
