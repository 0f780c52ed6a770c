"""The repositories keep the domain's names, and SQL and Python agree about them."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tenantstore import repositories
from tenantstore.queries import CATALOG, Scope
from tenantstore.queries.statement import Shape
from tests.fix_fleet import Admin

CONTRACT = {
    "bandwidth": "create create_many device_total total device_hourly ensure_partition device_total_for_customer "
    "device_hourly_for_customer",
    "connections": "create get_by_id get_by_username list_all list_by_device update_active update_password "
    "update_bandwidth_used reset_bandwidth_used exists_by_device_and_username reassign_device replace_all_by_device "
    "count_active delete list_by_customer get_by_id_for_customer list_by_device_for_customer create_for_customer "
    "update_active_for_customer update_password_for_customer delete_for_customer",
    "customer_auth_tokens": "create get_by_hash mark_used delete_by_customer_and_type",
    "customers": "create create_with_auth get_by_id get_by_email get_by_google_id list_all update update_active "
    "update_email_verified update_password_hash link_google_account get_for_customer get_stats_for_customer",
    "device_commands": "create list_pending list_by_device mark_sent update_status last_rotation create_for_customer "
    "list_by_device_for_customer",
    "device_shares": "create get_by_id list_by_device update delete create_for_customer get_by_id_for_customer "
    "get_by_device_and_customer list_by_device_for_customer list_by_customer update_for_customer delete_for_customer",
    "devices": "create upsert delete get_by_id get_by_android_id get_by_name list_all update_status update_heartbeat "
    "update_heartbeats update_name_description update_auto_rotate update_relay_server set_vpn_ip set_auth_token "
    "get_auth_token set_customer_id get_last_offline_alert_at set_last_offline_alert_at mark_stale_offline "
    "count_by_status next_base_port list_by_customer get_by_id_for_customer permissions_for_customer "
    "update_name_description_for_customer update_auto_rotate_for_customer",
    "ip_history": "create list_by_device list_by_device_for_customer",
    "pairing_codes": "create get_by_code list_all claim delete delete_expired list_by_customer create_for_customer",
    "relay_servers": "create get_by_id list_all list_active",
    "rotation_links": "create get_by_token list_by_device touch delete create_for_customer list_by_device_for_customer "
    "delete_for_customer",
    "status_logs": "create list_by_device last_before has_logs list_by_device_for_customer",
    "users": "create get_by_id get_by_email list_all set_webhook_url update_password_hash",
}
# They add rows, or go through a whole table, whose order or count no index serves.
WITHOUT_INDEX = """
    bandwidth/create bandwidth/create_many bandwidth/ensure_partition bandwidth/total connections/count_active
    connections/list_all customer_auth_tokens/create customers/create customers/create_with_auth customers/list_all
    device_commands/create devices/create devices/next_base_port ip_history/create pairing_codes/create
    pairing_codes/delete_expired pairing_codes/list_all relay_servers/create relay_servers/list_active
    relay_servers/list_all rotation_links/create status_logs/create users/create users/list_all
"""
NAMES = sorted(f"{module}/{function}" for module, functions in CONTRACT.items() for function in functions.split())


def modules() -> Iterator[ModuleType]:
    for each in pkgutil.iter_modules(repositories.__path__):
        yield importlib.import_module(f"tenantstore.repositories.{each.name}")


def functions_of(module: ModuleType) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))
    return {
        each.name: each for each in tree.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")
    }


def files() -> list[str]:
    return [path.relative_to(CATALOG.folder).with_suffix("").as_posix() for path in Path(CATALOG.folder).rglob("*.sql")]


def functions() -> dict[str, ast.FunctionDef]:
    return {
        f"{module.__name__.rpartition('.')[2]}/{name}": function
        for module in modules()
        for name, function in functions_of(module).items()
    }


def against_contract(found: Iterable[str], what: str) -> list[str]:
    """Where the names are not those of the domain, and what to do about each."""
    there, table = set(found), "CONTRACT in tests/repositories/test_names.py"
    return [f"{name}: a new {what}; add it to {table}" for name in sorted(there.difference(NAMES))] + [
        f"{name}: {table} has it, and there is no such {what}" for name in sorted(set(NAMES) - there)
    ]


def test_the_functions_are_those_of_the_domain() -> None:
    assert against_contract(functions(), "function of a repository") == []


def test_each_function_has_a_file_of_its_name_and_each_file_is_declared() -> None:
    assert list(modules())
    assert against_contract(files(), "file in sql/") + against_contract(CATALOG.declared, "declared query") == []


def test_each_function_says_what_comes_back() -> None:
    assert [f"{name}: has no docstring" for name, each in functions().items() if not ast.get_docstring(each)] == []


def test_a_list_ends_with_an_order_that_is_total() -> None:
    """Its last key is an id, or what the rows are grouped by."""
    wrong = []
    for name in (name for name, query in CATALOG.declared.items() if query.shape is Shape.MANY):
        text = CATALOG.source(name).text
        keys = re.sub(r"\sLIMIT\s.*|;", "", text.rpartition("ORDER BY ")[2], flags=re.DOTALL)
        last = keys.rpartition(", ")[2].split()[0]
        if not last.endswith(".id") and f"GROUP BY {last}\n" not in text:
            wrong.append(f"{name}: ORDER BY ends with {last}, which several rows can share; end it with the id")

    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_a_function_uses_the_file_of_its_name(name: str) -> None:
    folder, _, function = name.partition("/")
    module = importlib.import_module(f"tenantstore.repositories.{folder}")
    body = functions_of(module)[function]
    used = [
        getattr(module, node.id).name
        for node in ast.walk(body)
        if isinstance(node, ast.Name) and getattr(module, node.id, None) in CATALOG.declared.values()
    ]

    assert used == [name]


def test_a_customer_is_named_by_what_runs_in_their_scope() -> None:
    endings = ("_by_customer", "_for_customer", "_and_customer")

    assert [name for name in NAMES if CATALOG.source(name).scope is Scope.TENANT] == [
        name for name in NAMES if name.endswith(endings)
    ]


def test_the_indexes_that_headers_name_are_there(admin: Admin) -> None:
    there = {name for (name,) in admin.execute("SELECT indexrelid::regclass::text FROM pg_index").fetchall()}
    lacking = "its header names no index; name the one that serves it, or add it to WITHOUT_INDEX in this file"
    named = {
        (name, index)
        for name in NAMES
        for line in CATALOG.source(name).text.splitlines()
        if line.startswith("--")
        for index in re.findall(r"\b\w+_(?:idx|key|pkey)\b", line)
    }

    unserved, expected = set(NAMES) - {name for name, _ in named}, set(WITHOUT_INDEX.split())
    assert [f"{name}: {lacking}" for name in sorted(unserved - expected)] == []
    assert sorted(expected - unserved) == []
    assert [each for each in sorted(named) if each[1] not in there] == []
