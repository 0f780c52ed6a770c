"""What can be proven without a service: that a database keeps customers apart as the model says, and that queries do.

>>> from tenantstore.checking import check, examine, project
>>> for finding in examine("postgresql://app@…"):        # doctest: +SKIP
...     print(finding)
>>> shop = project(["shop"], "shop.tenancy:MODEL", ["tenantstore", "migrations"])        # doctest: +SKIP
>>> for finding in check(shop).findings:                 # doctest: +SKIP
...     print(finding)

The model, which table is owned how and what each role may therefore touch, is :mod:`tenantstore.checking.model`; a
service's is a :class:`~tenantstore.checking.tenancy.TenantModel`.
"""

import tenantstore.driver  # noqa: F401  # first: what it raises says what to install
from tenantstore.checking.doctor import examine
from tenantstore.checking.finding import Finding
from tenantstore.checking.query.check import Report, check, check_offline
from tenantstore.checking.query.project import Project, project

__all__ = ["Finding", "Project", "Report", "check", "check_offline", "examine", "project"]
