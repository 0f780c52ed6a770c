"""What can be proven without a service: that a database keeps customers apart as the model says.

>>> from tenantstore.checking import examine
>>> for finding in examine("postgresql://app@…"):        # doctest: +SKIP
...     print(finding)

The model, which table is owned how and what each role may therefore touch, is :mod:`tenantstore.checking.model`.
"""

from tenantstore.checking.doctor import examine
from tenantstore.checking.finding import Finding

__all__ = ["Finding", "examine"]
