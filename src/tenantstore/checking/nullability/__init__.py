"""Which columns of a query can be null, soundly: what is not proven is nullable.

The proof walks the statement as the server resolved it. A column starts nullable; a constraint of its table, an
aggregate, a function that is known to give a value, or a condition that a null cannot pass makes it not so.
"""

from tenantstore.checking.nullability.prover import Nullability, columns

__all__ = ["Nullability", "columns"]
