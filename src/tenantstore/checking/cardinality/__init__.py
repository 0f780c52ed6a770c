"""How many rows a query can give: whether at most one, and whether always at least one."""

from tenantstore.checking.cardinality.least import at_least_one
from tenantstore.checking.cardinality.most import Bound, at_most_one

__all__ = ["Bound", "at_least_one", "at_most_one"]
