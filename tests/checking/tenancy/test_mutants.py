"""Without any one of its tenant predicates no query of ours is proven."""

from collections.abc import Iterator

from tenantstore.checking.analysis import analyse
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.tenancy import prove
from tenantstore.queries import CATALOG, Scope
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.mutants import mutants, parameter

# What these predicates decide is a value, not a row: whether a permission is told of, and whether a password that the
# caller has just given comes back. Tests of permissions hold them.
VALUES = {
    "connections/create_for_customer",
    "connections/update_password_for_customer",
    "devices/permissions_for_customer",
}
TENANT_QUERIES = [name for name in CATALOG if CATALOG.source(name).scope is Scope.TENANT]


def tried(look: Look, name: str) -> Iterator[tuple[str, bool, bool]]:
    """Each mutant, whether it changes an output alone, and whether it is found."""
    source = CATALOG.source(name)
    analysis = analyse(look.connection, source.sql)
    customer = parameter(source.parameters.index("customer_id") + 1)
    for mutant in mutants(analysis.tree, customer, look.schema, OWNERSHIP):
        mutant.apply()
        found = bool(prove(analysis, look.schema, OWNERSHIP, source.parameters))
        mutant.undo()
        yield mutant.name, mutant.of_value, found


def test_no_query_of_ours_is_found_fault_with(look: Look) -> None:
    found = {
        name: prove(analyse(look.connection, source.sql), look.schema, OWNERSHIP, source.parameters)
        for name in TENANT_QUERIES
        for source in [CATALOG.source(name)]
    }

    assert found == {name: [] for name in TENANT_QUERIES}


def test_every_tenant_predicate_that_is_taken_away_is_missed(look: Look) -> None:
    results = [(name, *each) for name in TENANT_QUERIES for each in tried(look, name)]
    killed = [each for each in results if each[3]]
    print(f"mutants found: {len(killed)} of {len(results)}")

    assert [each for each in results if not each[3] and not (each[2] and each[0] in VALUES)] == []
