"""Our policies are proven by the model, and found wide without any one of their conditions."""

from dataclasses import replace

import pytest

from tenantstore.checking.analysis import Node
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.tenancy import Policy, prove_policies, prove_policy, read_policies
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.mutants import mutants

# What is done, and what is then said.
PLANTED = [
    (
        "ALTER POLICY customers_tenant_select ON customers USING (id = tenantstore_customer_id() OR active)",
        [
            "policy customers_tenant_select on customers is too wide for SELECT:"
            " an arm of this OR lets rows of customers through that are not bound to :customer_id"
        ],
    ),
    (
        "CREATE POLICY also ON ip_history FOR SELECT TO tenantstore_tenant USING (true)",
        ["policy also on ip_history is too wide for SELECT: ip_history is not bound to :customer_id"],
    ),
    (
        "CREATE POLICY also ON users TO PUBLIC USING (id = tenantstore_customer_id())",
        [
            f"policy also on users is too wide for {each}: users is the operator's alone"
            for each in ("SELECT", "INSERT", "UPDATE", "DELETE")
        ],
    ),
    (
        "ALTER POLICY device_shares_tenant_delete ON device_shares"
        " USING (shared_with = tenantstore_customer_id() AND NOT suspended)",
        [
            "policy device_shares_tenant_delete on device_shares is too wide for DELETE:"
            " device_shares takes the right owner, which is not asked for in every case"
        ],
    ),
    (
        "CREATE POLICY also ON devices TO tenantstore_tenant"
        " USING (customer_id = current_setting('tenantstore.customer_id')::uuid)",
        [],
    ),
    (
        "CREATE POLICY also ON devices FOR SELECT TO tenantstore_tenant"
        " USING (customer_id = current_setting('somebody.else')::uuid)",
        ["policy also on devices is too wide for SELECT: devices is not bound to :customer_id"],
    ),
    (
        "CREATE POLICY also ON pairing_codes AS RESTRICTIVE TO tenantstore_tenant"
        " USING (customer_id = tenantstore_customer_id());"
        " ALTER POLICY pairing_codes_tenant_select ON pairing_codes USING (true)",
        [],
    ),
    (
        "ALTER TABLE devices NO FORCE ROW LEVEL SECURITY; ALTER TABLE ip_history DISABLE ROW LEVEL SECURITY",
        [
            "devices does not hold its owner to its policies",
            "ip_history has no row-level security: its policies are not in force",
        ],
    ),
]


def test_our_policies_are_proven(look: Look) -> None:
    assert prove_policies(look.connection, look.schema, OWNERSHIP) == []


@pytest.mark.parametrize(("done", "problems"), PLANTED, ids=[each[0][:60] for each in PLANTED])
def test_a_wide_policy_is_found(look: Look, done: str, problems: list[str]) -> None:
    with look.connection.transaction(force_rollback=True):
        look.connection.execute(done.encode())
        found = prove_policies(look.connection, look.schema, OWNERSHIP)

    assert [each.problem for each in found] == problems


def _weakened(look: Look, policy: Policy) -> list[tuple[str, bool]]:
    """What was taken from the policy, and whether that is found."""
    asks = {oid for oid, each in look.schema.functions.items() if each.name in OWNERSHIP.asks}
    found = []
    for half in ("using", "check"):
        if (tree := getattr(policy, half)) is None:
            continue
        entry = Node("RANGETBLENTRY", {"rtekind": 0, "relid": policy.relation})
        holder = Node("QUERY", {"rtable": [entry], "quals": tree})
        for mutant in mutants(holder, lambda node: node.get("funcid") in asks, look.schema, OWNERSHIP):
            mutant.apply()
            weak = replace(policy, using=holder.quals) if half == "using" else replace(policy, check=holder.quals)
            found.append((f"{half} {mutant.name}", bool(prove_policy(look.schema, OWNERSHIP, weak))))
            mutant.undo()
    return found


def test_every_condition_that_is_taken_from_a_policy_is_missed(look: Look) -> None:
    policies = read_policies(look.connection, look.schema, OWNERSHIP)
    tried = [(policy.name, *each) for policy in policies for each in _weakened(look, policy)]
    print(f"weakened policies found: {sum(found for _, _, found in tried)} of {len(tried)}")

    # A policy to UPDATE by may see more rows than its check lets be changed: to lock a row asks for it too. The doctor
    # compares the texts.
    assert [(policy, name) for policy, name, found in tried if not found] == [
        ("proxy_connections_tenant_update", "using without can_manage_ports")
    ]
