from tenantstore.checking.pytest import test_queries as test_queries
