"""The records of devices, which :mod:`tenantstore.repositories.devices` hands on: users import them from there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from tenantstore.queries.checks import as_annotated

DeviceStatus = Literal["online", "offline", "rotating", "error"]


@dataclass(frozen=True, slots=True)
class Device:
    """A row of ``devices``, in the order of every SELECT list. An address is the bare host's, and '' if none."""

    id: UUID
    name: str
    android_id: str
    status: str
    cellular_ip: str
    wifi_ip: str
    vpn_ip: str
    carrier: str | None
    network_type: str | None
    battery_level: int | None
    battery_charging: bool | None
    signal_strength: int | None
    base_port: int
    http_port: int
    socks5_port: int
    udp_relay_port: int
    ovpn_port: int
    last_heartbeat: datetime | None
    app_version: str | None
    device_model: str | None
    android_version: str | None
    description: str
    relay_server_id: UUID | None
    relay_server_ip: str
    auto_rotate_minutes: int
    customer_id: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a phone reports. What it does not report is empty afterwards. InvalidParameter where a type is not this."""

    device_id: UUID
    cellular_ip: str | None = None
    wifi_ip: str | None = None
    carrier: str = ""
    network_type: str = ""
    battery_level: int = 0
    battery_charging: bool = False
    signal_strength: int = 0

    def __post_init__(self) -> None:
        as_annotated(self)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a customer may do with a device that they see."""

    can_rename: bool
    can_manage_ports: bool
    can_download_configs: bool
    can_rotate_ip: bool


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many devices have a status."""

    status: str
    devices: int
