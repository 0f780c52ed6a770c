"""How its data look: one branch has many times as many books as the others."""

from pathlib import Path

from tenantstore.checking.plans import Workload

WORKLOAD = Workload(
    data=Path(__file__).with_name("workload.sql"),
    customers={
        "huge": "SELECT id FROM branches WHERE name = 'Branch 1'",
        "tiny": "SELECT id FROM branches WHERE name = 'Branch 2'",
    },
    parameters={
        "number": "SELECT number FROM books WHERE branch = %(customer_id)s ORDER BY number LIMIT 1",
        "book_id": "SELECT id FROM books WHERE branch = %(customer_id)s ORDER BY number LIMIT 1",
        "condition": "SELECT 'worn'",
        "loan_id": "SELECT l.id FROM loans AS l ORDER BY l.id LIMIT 1",
    },
)
