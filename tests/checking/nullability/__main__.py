"""``python -m tests.checking.nullability``: the proof held against the labels, on each version that the machine has."""

from tenantstore.testing import NoProvider
from tests.checking.nullability.conftest import VERSIONS, furnish, start
from tests.checking.nullability.test_labels import score

for version in VERSIONS:
    try:
        server = start(version)
    except NoProvider:
        print(f"PostgreSQL {version} is not here")
        continue
    with server, furnish(server) as look:
        found = score(look)
    print(
        f"PostgreSQL {version}: {found.columns} columns, {len(found.wrong)} wrongly promised, "
        f"{found.share:.1%} over-cautious"
    )
    for each in found.wrong:
        print(f"  wrong: {each}")
    for each in found.cautious:
        print(f"  {each}")
