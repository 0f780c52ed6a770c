"""Devices: the phones of the fleet.

Table ``devices`` (migrations 001 to 012). SQL in ``sql/devices/``.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from tenantstore.queries import Statement, affected, many, one, optional, scalar
from tenantstore.queries.checks import listed, not_empty, not_negative, one_of, ports
from tenantstore.repositories.devices.records import Device as Device
from tenantstore.repositories.devices.records import DeviceStatus as DeviceStatus
from tenantstore.repositories.devices.records import Heartbeat as Heartbeat
from tenantstore.repositories.devices.records import Permissions as Permissions
from tenantstore.repositories.devices.records import StatusCount as StatusCount

_CREATE = one(Device, "devices/create")
_UPSERT = one(Device, "devices/upsert")
_DELETE = one(Device, "devices/delete")
_GET_BY_ID = optional(Device, "devices/get_by_id")
_GET_BY_ANDROID_ID = optional(Device, "devices/get_by_android_id")
_GET_BY_NAME = optional(Device, "devices/get_by_name")
_LIST_ALL = many(Device, "devices/list_all")
_UPDATE_STATUS = one(Device, "devices/update_status")
_UPDATE_HEARTBEAT = one(Device, "devices/update_heartbeat")
_UPDATE_HEARTBEATS = affected("devices/update_heartbeats")
_UPDATE_NAME_DESCRIPTION = one(Device, "devices/update_name_description")
_UPDATE_AUTO_ROTATE = one(Device, "devices/update_auto_rotate")
_UPDATE_RELAY_SERVER = one(Device, "devices/update_relay_server")
_SET_VPN_IP = one(Device, "devices/set_vpn_ip")
_SET_AUTH_TOKEN = one(Device, "devices/set_auth_token")
_GET_AUTH_TOKEN = optional(str, "devices/get_auth_token")
_SET_CUSTOMER_ID = one(Device, "devices/set_customer_id")
_GET_LAST_OFFLINE_ALERT_AT = optional(datetime, "devices/get_last_offline_alert_at")
_SET_LAST_OFFLINE_ALERT_AT = one(Device, "devices/set_last_offline_alert_at")
_MARK_STALE_OFFLINE = affected("devices/mark_stale_offline")
_COUNT_BY_STATUS = many(StatusCount, "devices/count_by_status")
_NEXT_BASE_PORT = scalar(int, "devices/next_base_port")
_LIST_BY_CUSTOMER = many(Device, "devices/list_by_customer")
_GET_BY_ID_FOR_CUSTOMER = optional(Device, "devices/get_by_id_for_customer")
_PERMISSIONS_FOR_CUSTOMER = optional(Permissions, "devices/permissions_for_customer")
_UPDATE_NAME_DESCRIPTION_FOR_CUSTOMER = one(Device, "devices/update_name_description_for_customer")
_UPDATE_AUTO_ROTATE_FOR_CUSTOMER = one(Device, "devices/update_auto_rotate_for_customer")


def create(
    android_id: str,
    base_port: int,
    name: str = "",
    description: str = "",
    device_model: str = "",
    android_version: str = "",
    app_version: str = "",
    customer_id: UUID | None = None,
    relay_server_id: UUID | None = None,
    http_port: int | None = None,
    socks5_port: int | None = None,
    udp_relay_port: int | None = None,
    ovpn_port: int | None = None,
) -> Statement[Device]:
    """The new device, offline. The other ports are the base port and the three after it, unless they are given.

    :raises UniqueViolation: when a device has that Android id or that base port.
    :raises ForeignKeyViolation: when there is no such customer or relay server.
    :raises InvalidParameter: for an empty Android id, or a port that is none.
    """
    not_empty(android_id=android_id)
    ports(base_port=base_port, http_port=http_port, socks5_port=socks5_port)
    ports(udp_relay_port=udp_relay_port, ovpn_port=ovpn_port)
    return _CREATE(
        android_id=android_id,
        base_port=base_port,
        name=name,
        description=description,
        device_model=device_model,
        android_version=android_version,
        app_version=app_version,
        customer_id=customer_id,
        relay_server_id=relay_server_id,
        http_port=http_port,
        socks5_port=socks5_port,
        udp_relay_port=udp_relay_port,
        ovpn_port=ovpn_port,
    )


def upsert(
    android_id: str, base_port: int, device_model: str, android_version: str, app_version: str, name: str = ""
) -> Statement[Device]:
    """The device of that Android id: new, or the one there as its phone says, with the name, ports and owner it had.

    :raises UniqueViolation: when another device has that base port.
    :raises InvalidParameter: for an empty Android id, or a port that is none.
    """
    not_empty(android_id=android_id)
    ports(base_port=base_port)
    return _UPSERT(
        android_id=android_id,
        base_port=base_port,
        device_model=device_model,
        android_version=android_version,
        app_version=app_version,
        name=name,
    )


def delete(device_id: UUID) -> Statement[Device]:
    """The deleted device. Its connections, shares, commands, links, addresses and status logs go with it.

    :raises NotFound: when there is no such device.
    """
    return _DELETE(device_id=device_id)


def get_by_id(device_id: UUID) -> Statement[Device | None]:
    """The device."""
    return _GET_BY_ID(device_id=device_id)


def get_by_android_id(android_id: str) -> Statement[Device | None]:
    """The device of that phone."""
    return _GET_BY_ANDROID_ID(android_id=android_id)


def get_by_name(name: str) -> Statement[Device | None]:
    """The device of that name; the oldest of them where several have it."""
    return _GET_BY_NAME(name=name)


def list_all() -> Statement[list[Device]]:
    """All devices by name, then id."""
    return _LIST_ALL()


def update_status(device_id: UUID, status: DeviceStatus) -> Statement[Device]:
    """The device with another status.

    :raises NotFound: when there is no such device.
    :raises InvalidParameter: for an unknown status.
    """
    one_of(get_args(DeviceStatus), status=status)
    return _UPDATE_STATUS(device_id=device_id, status=status)


def update_heartbeat(
    device_id: UUID,
    cellular_ip: str | None = None,
    wifi_ip: str | None = None,
    carrier: str = "",
    network_type: str = "",
    battery_level: int = 0,
    battery_charging: bool = False,
    signal_strength: int = 0,
) -> Statement[Device]:
    """The device, heard of now and online. What the phone does not report is empty afterwards.

    :raises NotFound: when there is no such device.
    """
    return _UPDATE_HEARTBEAT(
        device_id=device_id,
        cellular_ip=cellular_ip,
        wifi_ip=wifi_ip,
        carrier=carrier,
        network_type=network_type,
        battery_level=battery_level,
        battery_charging=battery_charging,
        signal_strength=signal_strength,
    )


def update_heartbeats(heartbeats: Sequence[Heartbeat]) -> Statement[int]:
    """How many devices were heard of, all at once, as by :func:`update_heartbeat` each.

    Of several reports of one device the last counts. A device that there is not is left out.

    :raises InvalidParameter: for an element that is no Heartbeat.
    """
    last = {each.device_id: each for each in listed("heartbeats", Heartbeat, heartbeats)}.values()
    return _UPDATE_HEARTBEATS(
        device_ids=[each.device_id for each in last],
        cellular_ips=[each.cellular_ip for each in last],
        wifi_ips=[each.wifi_ip for each in last],
        carriers=[each.carrier for each in last],
        network_types=[each.network_type for each in last],
        battery_levels=[each.battery_level for each in last],
        battery_chargings=[each.battery_charging for each in last],
        signal_strengths=[each.signal_strength for each in last],
    )


def update_name_description(device_id: UUID, name: str, description: str) -> Statement[Device]:
    """The device with another name and description.

    :raises NotFound: when there is no such device.
    """
    return _UPDATE_NAME_DESCRIPTION(device_id=device_id, name=name, description=description)


def update_auto_rotate(device_id: UUID, minutes: int) -> Statement[Device]:
    """The device, whose address changes every so many minutes; 0 for never.

    :raises NotFound: when there is no such device.
    :raises InvalidParameter: for a negative number.
    """
    not_negative(minutes=minutes)
    return _UPDATE_AUTO_ROTATE(device_id=device_id, minutes=minutes)


def update_relay_server(device_id: UUID, relay_server_id: UUID | None) -> Statement[Device]:
    """The device behind another relay server, or behind none.

    :raises NotFound: when there is no such device.
    :raises ForeignKeyViolation: when there is no such relay server.
    """
    return _UPDATE_RELAY_SERVER(device_id=device_id, relay_server_id=relay_server_id)


def set_vpn_ip(device_id: UUID, vpn_ip: str | None) -> Statement[Device]:
    """The device with another address in the VPN, or with none.

    :raises NotFound: when there is no such device.
    """
    return _SET_VPN_IP(device_id=device_id, vpn_ip=vpn_ip)


def set_auth_token(device_id: UUID, auth_token: str | None) -> Statement[Device]:
    """The device, which proves itself by another token; by none, until it gets one.

    :raises NotFound: when there is no such device.
    :raises InvalidParameter: for an empty token.
    """
    not_empty(auth_token=auth_token)
    return _SET_AUTH_TOKEN(device_id=device_id, auth_token=auth_token)


def get_auth_token(device_id: UUID) -> Statement[str | None]:
    """The device's token; None without one, or without such a device."""
    return _GET_AUTH_TOKEN(device_id=device_id)


def set_customer_id(device_id: UUID, customer_id: UUID | None) -> Statement[Device]:
    """The device with another owner, or with none.

    Its connections carry the new owner, and the shares and links that the old one gave are gone, in the same statement.

    :raises NotFound: when there is no such device.
    :raises ForeignKeyViolation: when there is no such customer, or a share was given at this very moment.
    """
    return _SET_CUSTOMER_ID(device_id=device_id, customer_id=customer_id)


def get_last_offline_alert_at(device_id: UUID) -> Statement[datetime | None]:
    """When somebody was last told that the device is offline; None for never, or without such a device."""
    return _GET_LAST_OFFLINE_ALERT_AT(device_id=device_id)


def set_last_offline_alert_at(device_id: UUID, last_offline_alert_at: datetime | None) -> Statement[Device]:
    """The device, of which an alert is on record, or none any more.

    :raises NotFound: when there is no such device.
    """
    return _SET_LAST_OFFLINE_ALERT_AT(device_id=device_id, last_offline_alert_at=last_offline_alert_at)


def mark_stale_offline(threshold: timedelta) -> Statement[int]:
    """How many devices went offline: those whose last heartbeat is older than the threshold.

    One that never sent any counts from its last change. One that is being changed at this moment is left alone.

    :raises InvalidParameter: for a negative threshold.
    """
    not_negative(threshold=threshold)
    return _MARK_STALE_OFFLINE(threshold=threshold)


def count_by_status() -> Statement[list[StatusCount]]:
    """How many devices have each status that any has, by status."""
    return _COUNT_BY_STATUS()


def next_base_port() -> Statement[int]:
    """A base port, 30000 or a multiple of 4 above it, that no device, connection or other caller has."""
    return _NEXT_BASE_PORT()


def list_by_customer(
    customer_id: UUID, limit: int | None = None, after: tuple[str, UUID] | None = None
) -> Statement[list[Device]]:
    """What the customer owns and what is shared with them, by name, then id, each device once.

    :param limit: at most so many; all without one.
    :param after: the name and the id of the last device of the page before.
    """
    after_name, after_id = after if after is not None else ("", UUID(int=0))  # No name and no id is less.
    return _LIST_BY_CUSTOMER(customer_id=customer_id, limit=limit, after_name=after_name, after_id=after_id)


def get_by_id_for_customer(device_id: UUID, customer_id: UUID) -> Statement[Device | None]:
    """The device, if it is the customer's or shared with them."""
    return _GET_BY_ID_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id)


def permissions_for_customer(device_id: UUID, customer_id: UUID) -> Statement[Permissions | None]:
    """What the customer may do with the device, everything if it is theirs; None where they do not see it."""
    return _PERMISSIONS_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id)


def update_name_description_for_customer(
    device_id: UUID, customer_id: UUID, name: str, description: str
) -> Statement[Device]:
    """The device with another name and description.

    :raises NotFound: unless it is theirs or shared with them with ``can_rename``.
    """
    return _UPDATE_NAME_DESCRIPTION_FOR_CUSTOMER(
        device_id=device_id, customer_id=customer_id, name=name, description=description
    )


def update_auto_rotate_for_customer(device_id: UUID, customer_id: UUID, minutes: int) -> Statement[Device]:
    """The device, whose address changes every so many minutes; 0 for never.

    :raises NotFound: unless it is theirs or shared with them with ``can_rotate_ip``.
    :raises InvalidParameter: for a negative number.
    """
    not_negative(minutes=minutes)
    return _UPDATE_AUTO_ROTATE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, minutes=minutes)
