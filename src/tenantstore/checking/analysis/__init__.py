"""What PostgreSQL itself makes of a statement: resolved, with every name looked up and every type decided.

No parser of ours and none of anybody else's stands between the text and the proofs: the server that will run it has
read it.
"""

from tenantstore.checking.analysis.nodes import Node, read, walk
from tenantstore.checking.analysis.schema import (
    Attribute,
    Function,
    Key,
    Oid,
    Reference,
    Relation,
    Schema,
    Type,
)
from tenantstore.checking.analysis.statement import Analysis, NotAnalysed, Output, Use, analyse

__all__ = [
    "Analysis",
    "Attribute",
    "Function",
    "Key",
    "Node",
    "NotAnalysed",
    "Oid",
    "Output",
    "Reference",
    "Relation",
    "Schema",
    "Type",
    "Use",
    "analyse",
    "read",
    "walk",
]
