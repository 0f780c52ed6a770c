"""The tenant proof: every reference to a tenant table, wherever in a statement it stands, is bound to the customer.

It works on what the server resolved, and asks of each level: must every row that comes out be made of rows that the
customer reaches, by the rules of a :class:`TenantModel`?
"""

from collections.abc import Sequence

from tenantstore.checking.analysis import Analysis, Schema
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.frames import Frame
from tenantstore.checking.tenancy.model import (
    ANY,
    EVERY,
    OWNER,
    PARAMETER,
    Demand,
    Granted,
    Listed,
    Named,
    Table,
    TenantModel,
    Through,
)
from tenantstore.checking.tenancy.places import Places
from tenantstore.checking.tenancy.policies import Policy, prove_policies, prove_policy, read_policies
from tenantstore.checking.tenancy.prover import prove_level
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.world import Asking, World


def prove(analysis: Analysis, schema: Schema, model: TenantModel, parameters: Sequence[str]) -> list[Complaint]:
    """What keeps a statement of scope tenant from being proven; an empty list when it is.

    ``parameters`` are the names behind ``$1``, ``$2``, …, of which ``customer_id`` is the customer.
    """
    number = parameters.index(PARAMETER) + 1 if PARAMETER in parameters else None
    world = World(schema, model, Asking(parameter=number))
    report = Report(Places(analysis.sql, analysis.tree, schema))
    prove_level(Frame(analysis.tree, None, world), Facts(world), report)
    if world.cases <= 0:
        report.say("given-up", None)
    return report.complaints


__all__ = [
    "ANY",
    "EVERY",
    "OWNER",
    "PARAMETER",
    "Demand",
    "Granted",
    "Listed",
    "Named",
    "Policy",
    "Table",
    "TenantModel",
    "Through",
    "prove",
    "prove_policies",
    "prove_policy",
    "read_policies",
]
