"""Row-level security by the same model: each policy for the tenant's role binds the row as a query would have to.

A policy is kept resolved too. Who is asking is there what the model says: a function of the service's, or a setting.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from tenantstore.checking.analysis import Node, Oid, Schema, read
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.frames import Entry, Frame
from tenantstore.checking.tenancy.inserts import judge_made, with_named
from tenantstore.checking.tenancy.messages import MESSAGES
from tenantstore.checking.tenancy.model import ANY, Table, TenantModel
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.rows import Row
from tenantstore.checking.tenancy.tables import judge_bound, judge_one_of
from tenantstore.checking.tenancy.world import Asking, World

_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_POLICIES = """
SELECT p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polqual::text, p.polwithcheck::text
FROM pg_policy AS p
WHERE
    p.polrelid = ANY (%s)
    AND (
        p.polroles = '{0}'
        OR EXISTS (
            SELECT FROM pg_roles AS r
            WHERE r.rolname = %s AND (r.oid = ANY (p.polroles) OR EXISTS (
                SELECT FROM pg_auth_members AS m WHERE m.member = r.oid AND m.roleid = ANY (p.polroles)
            ))
        )
    )
ORDER BY p.polrelid::regclass::text, p.polname
"""
_TABLES = """
SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class AS c
WHERE c.oid = ANY (%s) AND c.relkind IN ('r', 'p')
ORDER BY c.oid::regclass::text
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """``command`` is one of r, a, w, d, or * for all of them; ``using`` and ``check`` are resolved trees."""

    relation: Oid
    name: str
    command: str
    permissive: bool
    using: Any
    check: Any


def read_policies(connection: Connection[Any], schema: Schema, model: TenantModel) -> list[Policy]:
    """Those that apply to the model's role, on the model's tables."""
    relations = [schema.names[name].oid for name in model.tables if name in schema.names]
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_POLICIES, [relations, model.role]).fetchall()
    return [
        Policy(oid, name, command, permissive, using and read(using), check and read(check))
        for oid, name, command, permissive, using, check in rows
    ]


def prove_policies(connection: Connection[Any], schema: Schema, model: TenantModel) -> list[Complaint]:
    """What the database would let a tenant do that the model does not; an empty list when that is nothing."""
    policies = read_policies(connection, schema, model)
    found = list(_unprotected(connection, schema, model))
    for policy in policies:
        if policy.permissive:
            restrictive = [each for each in policies if not each.permissive and each.relation == policy.relation]
            found += prove_policy(schema, model, policy, restrictive)
    return found


def prove_policy(
    schema: Schema, model: TenantModel, policy: Policy, restrictive: Sequence[Policy] = ()
) -> list[Complaint]:
    """What one permissive policy lets through, where all of the ``restrictive`` ones must hold too."""
    world = World(schema, model, Asking(functions=frozenset(model.asks), setting=model.setting))
    table = world.tables[policy.relation]
    found: list[Complaint] = []
    for command in _COMMANDS if policy.command == "*" else (policy.command,):
        also = [each for each in restrictive if each.command in ("*", command)]
        report = Report()
        _prove_command(command, policy, also, (world, table), report)
        name = schema.relations[policy.relation].name
        for each in report.complaints:
            problem = f"policy {policy.name} on {name} is too wide for {_COMMANDS[command]}: {each.problem}"
            found.append(Complaint("policy-wide", problem, each.advice))
    return found


def _unprotected(connection: Connection[Any], schema: Schema, model: TenantModel) -> Iterator[Complaint]:
    relations = [schema.names[name].oid for name, table in model.tables.items() if table.rules and name in schema.names]
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_TABLES, [relations]).fetchall()
    for oid, enabled, forced in rows:
        name = schema.relations[oid].name
        if not enabled or not forced:
            code = "rls-not-forced" if enabled else "rls-off"
            problem, advice = MESSAGES[code]
            yield Complaint(code, problem.format(name=name), advice.format(name=name))


def _prove_command(command: str, policy: Policy, also: list[Policy], of: tuple[World, Table], report: Report) -> None:
    world, table = of
    if table.public:
        return
    check = policy.check if policy.check is not None else policy.using
    before = [policy.using, *(each.using for each in also)]
    after = [check, *(each.check if each.check is not None else each.using for each in also)]
    row, facts = _where(policy.relation, after if command == "a" else before, world, fresh=command == "a")
    if not table.rules:
        report.say("table-operator", None, name=report.name(row))
    elif command == "a":
        judge_made(row, table, facts, report)
    else:
        judge_bound(row, facts, report, (table.deletes or ANY) if command == "d" else ANY)
        if command == "w":
            row, facts = _where(policy.relation, after, world)
            facts = with_named(row, set(world.schema.relations[policy.relation].attributes), facts)
            judge_one_of(row, facts, report, sorted(set(table.updates.values()) - {ANY}) or [ANY])


def _where(relation: Oid, conditions: list[Any], world: World, fresh: bool = False) -> tuple[Row, Facts]:
    """A row of the table, or one that is to be made, under those conditions."""
    frame = Frame(_level(relation, conditions), None, world)
    frame.row(1).fresh = fresh
    facts = Facts(world)
    facts.enter(frame)
    return frame.row(1), facts


def _level(relation: Oid, conditions: list[Any]) -> Node:
    """A level that reads that one table under those conditions."""
    entry = Node("RANGETBLENTRY", {"rtekind": Entry.RELATION, "relid": relation, "relkind": "r", "alias": None})
    args = [each for each in conditions if each is not None]
    quals = Node("BOOLEXPR", {"boolop": "and", "args": args})
    tree = Node("FROMEXPR", {"fromlist": [Node("RANGETBLREF", {"rtindex": 1})], "quals": quals})
    return Node("QUERY", {"commandType": 1, "rtable": [entry], "jointree": tree, "cteList": None})
