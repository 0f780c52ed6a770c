"""Read by mypy and pyright, never run: what they infer without an annotation by the caller stands behind each line."""

from typing import reveal_type
from uuid import UUID

from tenantstore import AsyncStore, Store
from tenantstore.repositories import connections, devices


def blocking(store: Store, one: UUID, me: UUID) -> None:
    ada = store.tenant(me)
    device, ports = devices.get_by_id_for_customer(one, me), connections.list_by_device_for_customer(one, me)
    reveal_type(device)  # Statement[Device | None]
    reveal_type(ada.run(device))  # Device | None
    reveal_type(ada.run(devices.list_by_customer(me)))  # list[Device]
    reveal_type(store.operator().run(devices.update_status(one, "online")))  # Device
    reveal_type(store.operator().run(connections.count_active()))  # int
    reveal_type(ada.run_all(device, ports))  # tuple[Device | None, list[Connection]]
    reveal_type(ada.run_all(device, ports, device))  # tuple[Device | None, list[Connection], Device | None]
    four = ada.run_all(device, ports, ports, device)
    reveal_type(four)  # tuple[Device | None, list[Connection], list[Connection], Device | None]
    reveal_type(ada.run_all(device, ports, ports, ports, device)[4])  # Device | None
    reveal_type(ada.run_all(device, ports, ports, ports, ports, device)[5])  # Device | None
    reveal_type(ada.run_all(ports, ports, ports, ports, ports, ports, ports))  # tuple[list[Connection], ...]
    reveal_type(ada.run_all(*[ports]))  # tuple[list[Connection], ...]
    for row in ada.stream(ports):
        reveal_type(row)  # Connection
    with ada.transaction() as transaction:
        reveal_type(transaction.run(device))  # Device | None
        reveal_type(transaction.run_all(device, ports))  # tuple[Device | None, list[Connection]]
        for row in transaction.stream(ports):
            reveal_type(row)  # Connection
    reveal_type(ada.customer_id)  # UUID
    with store as entered:
        reveal_type(entered)  # Store


async def awaiting(store: AsyncStore, one: UUID, me: UUID) -> None:
    ada = store.tenant(me)
    device, ports = devices.get_by_id_for_customer(one, me), connections.list_by_device_for_customer(one, me)
    reveal_type(await ada.run(device))  # Device | None
    reveal_type(await ada.run(devices.list_by_customer(me)))  # list[Device]
    reveal_type(await ada.run_all(device, ports))  # tuple[Device | None, list[Connection]]
    reveal_type(await ada.run_all(device, ports, device))  # tuple[Device | None, list[Connection], Device | None]
    four = await ada.run_all(device, ports, ports, device)
    reveal_type(four)  # tuple[Device | None, list[Connection], list[Connection], Device | None]
    reveal_type((await ada.run_all(device, ports, ports, ports, device))[4])  # Device | None
    reveal_type((await ada.run_all(device, ports, ports, ports, ports, device))[5])  # Device | None
    reveal_type(await ada.run_all(ports, ports, ports, ports, ports, ports, ports))  # tuple[list[Connection], ...]
    async for row in ada.stream(ports):
        reveal_type(row)  # Connection
    async with ada.transaction() as transaction:
        reveal_type(await transaction.run(device))  # Device | None
        reveal_type(await transaction.run_all(device, ports))  # tuple[Device | None, list[Connection]]
        async for row in transaction.stream(ports):
            reveal_type(row)  # Connection
    reveal_type(ada.customer_id)  # UUID
    async with store as entered:
        reveal_type(entered)  # AsyncStore
