"""What is said of each kind of fault: the problem in one line, and what to do."""

MESSAGES = {
    "tenant-missing": ("{name} is not bound to :customer_id", "Bind it by {wants}."),
    "given-up": (
        "the statement has more combinations of ORs than are looked into: some of what is said of it may be wrong",
        "Make it two statements, or bind each table by a condition outside every OR.",
    ),
    "tenant-or": (
        "an arm of this OR lets rows of {name} through that are not bound to :customer_id",
        "Bind each arm by {wants}; or put the condition on the customer outside, joined by AND.",
    ),
    "tenant-outer-join": (
        "{name} is bound only where an outer join finds something, and comes out where it does not",
        "Move the condition on the customer from ON to WHERE.",
    ),
    "tenant-parameter": (
        "{name} is bound to a parameter that is not :customer_id",
        "Bind it by {wants}: only :customer_id is held to the scope.",
    ),
    "tenant-constant": (
        "{name} is bound to a constant in the text, not to :customer_id",
        "Bind it by {wants}.",
    ),
    "tenant-null": (
        "{name} is compared with :customer_id so that a null is equal to a null: the rows of nobody",
        "Compare with =.",
    ),
    "tenant-coerced": (
        "{name} is compared with :customer_id by way of another type",
        "Compare the column itself with the parameter itself, which then has the column's type.",
    ),
    "share-suspended": (
        "{name} counts also where {flag} is true",
        "Add AND NOT {flag}: what a suspended customer has given out is as if it were not there.",
    ),
    "permission": (
        "{name} takes the right {right}, which is not asked for in every case",
        "Demand {right} of whoever is not the owner.",
    ),
    "table-unknown": (
        "{name} is not in the tenant model",
        "Declare in the model whose its rows are, or say scope: operator.",
    ),
    "table-operator": ("{name} is the operator's alone", "Leave it out, or say scope: operator."),
    "catalog": (
        "{name} is the server's own and tells of every customer's rows",
        "Leave it out, or say scope: operator.",
    ),
    "partition": (
        "{name} is a part of {table}, and no policy of {table} applies to it",
        "Name {table}: the server leaves out the parts that it does not need.",
    ),
    "sequence": ("{name} tells how much others have made", "Leave it out, or say scope: operator."),
    "size": ("{name} tells how much others have stored", "Leave it out, or say scope: operator."),
    "sample": (
        "{name} is sampled, and a sample depends on rows of others",
        "Order by random() over the rows that are the customer's.",
    ),
    "setting-write": (
        "{name} can change who is asking",
        "Leave it to the scope, which sets what it needs for its transaction.",
    ),
    "setting-read": (
        "{name} reads a setting, where the parameter says who is asking",
        "Name :customer_id: each barrier is complete without the other.",
    ),
    "sql-text": ("{name} runs SQL from a text, which nothing here can read", "Write the query itself."),
    "server-function": (
        "{name} looks at the server, not at the customer's rows",
        "Leave it out, or say scope: operator.",
    ),
    "function-unknown": (
        "{name} is not in the tenant model: what it reads is not known here",
        "Declare it in the model once its body was read, or leave it out.",
    ),
    "column-secret": ("{column} of {name} is not a tenant's to read", "Leave it out, or say scope: operator."),
    "column-whole": (
        "{name} is read as a whole row, with columns that are not a tenant's to read",
        "Name the columns.",
    ),
    "system-column": (
        "a system column of {name} tells where and when others wrote",
        "Leave it out.",
    ),
    "rls-off": (
        "{name} has no row-level security: its policies are not in force",
        "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
    ),
    "rls-not-forced": (
        "{name} does not hold its owner to its policies",
        "ALTER TABLE {name} FORCE ROW LEVEL SECURITY;",
    ),
    "ruled": (
        "{name} has a rule, which makes something else of a write",
        "Have a trigger do it, or say scope: operator.",
    ),
    "insert": ("rows of {name} are not a tenant's to make", "Say scope: operator."),
    "insert-column": (
        "{column} of {name} is not a tenant's to choose",
        "Leave it to its default, or say scope: operator.",
    ),
    "insert-owner": (
        "{column} of the new row of {name} is not proven to be :customer_id",
        "Put :customer_id there, or take it from the row of the customer's that the new one belongs to.",
    ),
    "insert-unbound": (
        "the new row of {name} is not proven to be the customer's",
        "Insert from a SELECT of what the customer reaches, so that nothing is made where that is nothing.",
    ),
    "insert-right": (
        "the new row of {name} takes a right that is not asked for in every case",
        "Demand {wants}.",
    ),
    "reference": (
        "{column} of {name} may name a row of {table} that is not the customer's, and a foreign key finds it",
        "Take it from a SELECT of {table} that is bound to :customer_id with the right that it takes.",
    ),
    "reference-unknown": (
        "{column} of {name} names a row of {table}, which is not in the tenant model, and a foreign key tells of it",
        "Declare {table} in the model: public, or whose its rows are.",
    ),
    "unique": (
        "{column} of {name} may collide in {key} with a row of somebody else's, and tell that it is there",
        "Leave it to its default, or declare in the model that nobody can guess it.",
    ),
    "conflict-row": (
        "ON CONFLICT may change a row of {name} that is somebody else's",
        "Conflict by a key that holds the customer's own id, or add WHERE with a condition on the customer.",
    ),
    "update-owner": (
        "{column} of {name} says who may reach the row: an update gives or takes it away",
        "Leave it out, or say scope: operator.",
    ),
    "update-column": ("{column} of {name} is not a tenant's to change", "Leave it out, or say scope: operator."),
    "delete": ("rows of {name} are not a tenant's to delete", "Say scope: operator."),
}
