"""Whether a service's queries are right: proven against a real schema, with no rows in it.

Facts come from the server and the proofs (:mod:`~tenantstore.checking.query.gather`), and are judged against what the
author declared (:mod:`~tenantstore.checking.query.judge`). Between the two they are plain data, so a committed snapshot
of them stands in for a database.
"""
