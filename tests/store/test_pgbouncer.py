"""Behind a pooler that lends a server connection for a transaction, identities stay apart."""

import os
import signal
import threading
import time
from uuid import UUID

import psycopg
import pytest

from tenantstore import Store
from tenantstore.errors import ConnectionLost, CustomerNotActive
from tenantstore.testing import Server
from tests.fix_pgbouncer import Pool
from tests.store import notes
from tests.store.conftest import Admin, Open


def test_everything_works_where_one_connection_serves_all(
    pooled_by: Pool, open_store: Open, dsn: str, ada: UUID, bob: UUID, cyd: UUID
) -> None:
    either = open_store(pooled_by(dsn, 1), prepare=False, max_size=3)
    either.operator().run_all(notes.fill(bob, 1500), notes.create(ada, "Ada's"))
    with either.tenant(ada).transaction() as transaction:
        within = [transaction.run(notes.who_for_customer(ada)), *transaction.run(notes.list_by_customer(ada))]
    streamed = list(either.tenant(bob).stream(notes.list_by_customer(bob)))
    with pytest.raises(CustomerNotActive):
        either.tenant(cyd).run(notes.list_by_customer(cyd))

    assert within[0] == notes.Who("tenantstore_tenant", str(ada), "app")
    assert ([note.body for note in within[1:]], len(streamed)) == (["Ada's"], 1500)


def test_nothing_that_a_scope_sets_outlives_its_transaction(
    pooled_by: Pool, open_store: Open, dsn: str, ada: UUID
) -> None:
    pooled = pooled_by(dsn, 1)
    either = open_store(pooled, prepare=False)
    seen = []
    with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as other:
        for act in (
            lambda: either.tenant(ada).run(notes.create_for_customer(ada, "a")),
            lambda: list(either.tenant(ada).stream(notes.list_by_customer(ada))),
            lambda: either.operator().run(notes.list_all()),
        ):
            act()
            seen.append(
                other.execute(
                    """
                    SELECT current_user::text, current_setting('tenantstore.customer_id', true),
                           (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_prepared_statements)
                    """
                ).fetchone()
            )

    assert seen == [("app", "", 0, 0)] * 3


def test_customers_who_share_two_connections_never_meet(
    pooled_by: Pool, dsn: str, admin: Admin, ada: UUID, bob: UUID
) -> None:
    admin.execute("INSERT INTO notes (customer_id, body) VALUES (%s, 'Ada'), (%s, 'Bob')", [ada, bob])
    seen: set[tuple[UUID, UUID]] = set()

    def work(store: Store, me: UUID) -> None:
        for _ in range(50):
            seen.update((me, note.customer_id) for note in store.tenant(me).run(notes.list_by_customer(me)))

    with Store.open(pooled_by(dsn, 2), prepare=False, max_size=4) as store:
        threads = [threading.Thread(target=work, args=(store, me)) for me in (ada, bob) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert seen == {(ada, ada), (bob, bob)}


def wait_until_recovered(server: Server) -> None:
    """A server that is told to stop in the middle of its recovery takes its time."""
    for _ in range(600):
        try:
            return psycopg.connect(server.dsn()).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("the server does not come back")


def test_a_poolers_word_that_the_server_is_lost_leaves_a_write_in_doubt(
    own_server: Server, pooled_by: Pool, open_store: Open
) -> None:
    """What it says has a SQLSTATE, as a server's own word has that nothing was committed."""
    with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
        row = admin.execute("SELECT id FROM customers WHERE name = 'Ada'").fetchone()
    assert row is not None
    either = open_store(pooled_by(own_server.dsn(user="app"), 1), prepare=False, kwargs={"connect_timeout": 2})

    def kill() -> None:
        with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
            found = None
            while found is None:
                found = admin.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
            os.kill(found[0], signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    with pytest.raises(ConnectionLost) as lost:
        either.tenant(row[0]).run(notes.write_and_wait_for_customer(row[0], "a", 30))
    killing.join()
    wait_until_recovered(own_server)

    assert (lost.value.may_have_happened, lost.value.reason) == (True, "server conn crashed?")
