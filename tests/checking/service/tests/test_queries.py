from tenantstore.checking.pytest import test_plans as test_plans
from tenantstore.checking.pytest import test_queries as test_queries
