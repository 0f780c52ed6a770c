"""By which rule of the model a row is reached, and with which rights."""

from typing import TYPE_CHECKING

from tenantstore.checking.tenancy.model import Granted, Listed, Named, Rule, Through, satisfies
from tenantstore.checking.tenancy.rows import CUSTOMER, FALSE, TRUE, Row

if TYPE_CHECKING:
    from tenantstore.checking.tenancy.facts import Facts


def rights_of(row: Row, facts: "Facts") -> frozenset[str] | None:
    """Every right that is proven; None where nothing reaches the row."""
    table = facts.world.table(row)
    if table is None:
        return None
    found = [rights for rule in table.rules if (rights := _by(rule, row, facts)) is not None]
    return frozenset().union(*found) if found else None


def _by(rule: Rule, row: Row, facts: "Facts") -> frozenset[str] | None:
    assert row.relation is not None
    world, oid = facts.world, row.relation.oid
    match rule:
        case Named(column, gives, unless, flags):
            if not facts.same(row.column(world.number(oid, column)), CUSTOMER):
                return None
            if not all(facts.same(row.column(world.number(oid, each)), FALSE) for each in unless):
                return None
            return frozenset(gives) | {flag for flag in flags if facts.same(row.column(world.number(oid, flag)), TRUE)}
        case Listed(column, gives):
            lists = any(facts.same(row.column(world.number(oid, column)), each) for each in facts.listed)
            return frozenset(gives) if lists else None
        case Through(columns, table, key, demands):
            return _from(facts, row, (columns, table, key), demands)
        case Granted(table, columns, key):
            return _from(facts, row, (key, table, columns), None)


def _from(facts: "Facts", row: Row, by: tuple[str, str, str], demands: str | None) -> frozenset[str] | None:
    """The rights that a row has from those of another table that it agrees with."""
    columns, table, others = by
    world = facts.world
    other = world.names.get(table)
    if other is None:
        return None
    assert row.relation is not None
    pairs = list(world.pairs(row.relation.oid, columns, other, others))
    found: frozenset[str] | None = None
    for parent in facts.rows.values():
        rights = facts.rights.get(parent.number)
        # A row that is being made grants nothing yet, or it would prove itself.
        if demands is None and parent.fresh:
            continue
        if rights is None or parent.relation is None or parent.relation.oid != other or parent is row:
            continue
        if demands is not None and not satisfies(rights, demands):
            continue
        if all(facts.same(row.column(one), parent.column(two)) for one, two in pairs):
            found = (found or frozenset()) | rights
    return found
