"""What is said of each kind of leak, word for word."""

import pytest

from tenantstore.checking.ownership import OWNERSHIP
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.leaking import LEAKS
from tests.checking.tenancy.marked import complaints, numbered, unmarked

#: By code the problem and the advice of the first leak of that kind.
SAID = {
    "tenant-missing": (
        "devices AS d is not bound to :customer_id",
        "Bind it by customer_id = :customer_id or device_id of a row of device_shares that is bound.",
    ),
    "tenant-or": (
        "an arm of this OR lets rows of devices AS d through that are not bound to :customer_id",
        "Bind each arm by customer_id = :customer_id or device_id of a row of device_shares that is"
        " bound; or put the condition on the customer outside, joined by AND.",
    ),
    "tenant-outer-join": (
        "devices AS d is bound only where an outer join finds something, and comes out where it does not",
        "Move the condition on the customer from ON to WHERE.",
    ),
    "tenant-parameter": (
        "devices AS d is bound to a parameter that is not :customer_id",
        "Bind it by customer_id = :customer_id or device_id of a row of device_shares that is bound:"
        " only :customer_id is held to the scope.",
    ),
    "table-unknown": (
        "fleet AS f is not in the tenant model",
        "Declare in the model whose its rows are, or say scope: operator.",
    ),
    "insert": (
        "rows of ip_history are not a tenant's to make",
        "Say scope: operator.",
    ),
    "delete": (
        "rows of devices AS d are not a tenant's to delete",
        "Say scope: operator.",
    ),
    "reference": (
        "device_id of rotation_links may name a row of devices that is not the customer's, and a foreign key finds it",
        "Take it from a SELECT of devices that is bound to :customer_id with the right that it takes.",
    ),
    "insert-owner": (
        "customer_id of the new row of proxy_connections is not proven to be :customer_id",
        "Put :customer_id there, or take it from the row of the customer's that the new one belongs to.",
    ),
    "insert-column": (
        "id of rotation_links is not a tenant's to choose",
        "Leave it to its default, or say scope: operator.",
    ),
    "unique": (
        "id of rotation_links may collide in rotation_links_pkey with a row of somebody else's, and tell"
        " that it is there",
        "Leave it to its default, or declare in the model that nobody can guess it.",
    ),
    "update-column": (
        "base_port of devices AS d is not a tenant's to change",
        "Leave it out, or say scope: operator.",
    ),
    "conflict-row": (
        "ON CONFLICT may change a row of rotation_links that is somebody else's",
        "Conflict by a key that holds the customer's own id, or add WHERE with a condition on the customer.",
    ),
    "update-owner": (
        "shared_with of device_shares says who may reach the row: an update gives or takes it away",
        "Leave it out, or say scope: operator.",
    ),
    "tenant-null": (
        "devices AS d is compared with :customer_id so that a null is equal to a null: the rows of nobody",
        "Compare with =.",
    ),
    "permission": (
        "devices AS d takes the right can_rotate_ip, which is not asked for in every case",
        "Demand can_rotate_ip of whoever is not the owner.",
    ),
    "insert-right": (
        "the new row of device_commands takes a right that is not asked for in every case",
        "Demand owner or can_rotate_ip where type is rotate_ip.",
    ),
    "share-suspended": (
        "device_shares AS s counts also where suspended is true",
        "Add AND NOT suspended: what a suspended customer has given out is as if it were not there.",
    ),
    "setting-write": (
        "set_config() can change who is asking",
        "Leave it to the scope, which sets what it needs for its transaction.",
    ),
    "setting-read": (
        "current_setting() reads a setting, where the parameter says who is asking",
        "Name :customer_id: each barrier is complete without the other.",
    ),
    "function-unknown": (
        "tenantstore_customer_id() is not in the tenant model: what it reads is not known here",
        "Declare it in the model once its body was read, or leave it out.",
    ),
    "table-operator": (
        "users AS u is the operator's alone",
        "Leave it out, or say scope: operator.",
    ),
    "column-secret": (
        "auth_token of devices AS d is not a tenant's to read",
        "Leave it out, or say scope: operator.",
    ),
    "column-whole": (
        "devices AS d is read as a whole row, with columns that are not a tenant's to read",
        "Name the columns.",
    ),
    "partition": (
        "bandwidth_logs_2020_01 AS b is a part of bandwidth_logs, and no policy of bandwidth_logs applies to it",
        "Name bandwidth_logs: the server leaves out the parts that it does not need.",
    ),
    "sequence": (
        "nextval() tells how much others have made",
        "Leave it out, or say scope: operator.",
    ),
    "size": (
        "pg_relation_size() tells how much others have stored",
        "Leave it out, or say scope: operator.",
    ),
    "catalog": (
        "pg_stat_user_tables AS t is the server's own and tells of every customer's rows",
        "Leave it out, or say scope: operator.",
    ),
    "server-function": (
        "pg_current_xact_id() looks at the server, not at the customer's rows",
        "Leave it out, or say scope: operator.",
    ),
    "system-column": (
        "a system column of devices AS d tells where and when others wrote",
        "Leave it out.",
    ),
    "sample": (
        "devices AS d is sampled, and a sample depends on rows of others",
        "Order by random() over the rows that are the customer's.",
    ),
    "tenant-constant": (
        "devices AS d is bound to a constant in the text, not to :customer_id",
        "Bind it by customer_id = :customer_id or device_id of a row of device_shares that is bound.",
    ),
    "tenant-coerced": (
        "devices AS d is compared with :customer_id by way of another type",
        "Compare the column itself with the parameter itself, which then has the column's type.",
    ),
    "sql-text": (
        "query_to_xml() runs SQL from a text, which nothing here can read",
        "Write the query itself.",
    ),
}


def test_each_kind_of_leak_is_told_of_in_these_words(look: Look) -> None:
    said: dict[str, tuple[str, str]] = {}
    for text in [unmarked(each) for texts in LEAKS.values() for each in texts]:
        for each in complaints(look.connection, look.schema, OWNERSHIP, text.sql, text.parameters):
            said.setdefault(each.code, (each.problem, each.advice))

    assert said == SAID


def test_a_proof_that_is_given_up_says_so(look18: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenantstore.checking.tenancy.world.CASES", 0)
    text = "SELECT s.id FROM device_shares AS s WHERE s.owner_id = :customer_id OR s.shared_with = :customer_id"
    found = complaints(look18.connection, look18.schema, OWNERSHIP, *numbered(text))

    assert [each.code for each in found] == ["tenant-or", "given-up"]
