"""Is each customer kept apart? Tests for any service, driven by its catalogue of queries.

A service writes how its world is filled and what in it one customer may not see; the rest is found: every tenant query
of the folder, its parameters' types from the server, values for them from the world. A new ``.sql`` file is covered the
moment it is declared. In a test module of its own::

    from tenantstore.testing.isolation import Isolation, IsolationTests

    def fill(admin):               # rows of several customers, by a role that no policy holds back
        ...
        return [ada, bob]          # the customers in whose names everything is asked

    def change(admin, customer_id):        # everything that this customer may not see: changed, removed, added
        ...

    class TestIsolation(IsolationTests):
        isolation = Isolation(CATALOG, fill, change)

==  ======================================================================================================
N   noninterference: two databases that differ only in what the customer may not see give the same answers
D   difference: row-level security takes nothing away that the statement gives
T   trespass: whatever a customer asks, no row changes that is not theirs to change
R   races: a write that waited for the end of a permission is decided by what is true after the wait
==  ======================================================================================================

N and T are asked with both barriers and with either alone. A run ends with how many queries each engine has covered.
"""

from tenantstore.testing.isolation.declaration import Isolation
from tenantstore.testing.isolation.suite import IsolationTests

__all__ = ["Isolation", "IsolationTests"]
