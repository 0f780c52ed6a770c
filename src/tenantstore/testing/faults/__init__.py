"""Faults between a client and its server, for code that must survive them: a proxy in this process.

>>> def test_an_order_is_placed_once(ts_faults):                           # doctest: +SKIP
...     with Store.open(ts_faults.dsn, timeout_seconds=1) as store:
...         ts_faults.cut("COMMIT sent, reply lost")
...         place_order(store)                                             # has to look before it tries again

Three verbs, each with a place at which it strikes once; ``now`` unless another is named:

``cut``
    the connection ends, for both sides
``stall``
    nothing is passed on any more, on any connection, until :meth:`~Faults.heal`; then all of it, late
``vanish``
    half-open: the other side is gone without a word; the connection stays, and nothing is heard on it ever again.
    New connections work

===========================  ==========================================================================================
``now``                      at once; ``cut`` and ``vanish`` then mean every connection that there is
``after Parse``              the next Parse has reached the server, nothing behind it does; so with ``after Bind`` and
                             ``after Execute``. A statement that is prepared already has no Parse
``reply lost``               the server has done what it was asked next, and nothing of its answer arrives
``COMMIT sent, reply lost``  the same of the next round trip that has a COMMIT in it
``after the first row``      the next row arrives, and nothing behind it
``in mid-row``               half of the next row arrives
===========================  ==========================================================================================

The row of a scope's own entry is not counted. A server that restarts needs no proxy:
:meth:`tenantstore.testing.Server.restart`.
"""

from tenantstore.testing.faults.proxy import Faults, Place

__all__ = ["Faults", "Place"]
