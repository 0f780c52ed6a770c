"""The queries, each in a transaction that is rolled back."""

import pytest
from fleet import notes

from tenantstore import Store
from tenantstore.errors import NotAllowed, NotFound
from tenantstore.testing import Tenants


def test_an_owner_and_a_grantee_write_and_the_owner_reads_both(ts_tx: Store, ts_tenants: Tenants) -> None:
    ada, bob = ts_tenants.ada, ts_tenants.bob
    (phone, _) = ada.devices
    hers = ada.scope.run(notes.create_for_customer(phone.id, ada.id, "in the rack"))
    his = bob.scope.run(notes.create_for_customer(phone.id, bob.id, "slow today"))
    seen = [who.scope.run(notes.list_by_device_for_customer(phone.id, who.id)) for who in (ada, bob)]

    # now() stands still in a transaction, so the two have no order in time.
    assert ({*seen[0]}, seen[1]) == ({hers, his}, [his])


def test_nobody_writes_on_a_phone_that_is_not_theirs(ts_tx: Store, ts_tenants: Tenants) -> None:
    ada, bob = ts_tenants.ada, ts_tenants.bob
    with pytest.raises(NotFound):
        bob.scope.run(notes.create_for_customer(ada.devices[1].id, bob.id, "not mine"))

    assert ada.scope.run(notes.list_by_device_for_customer(ada.devices[1].id, ada.id)) == []


def test_a_customer_cannot_run_what_is_the_operators(ts_tx: Store, ts_tenants: Tenants) -> None:
    with pytest.raises(NotAllowed):
        ts_tenants.ada.scope.run(notes.delete_older(ts_tenants.share.created_at))
