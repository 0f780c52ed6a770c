"""Whose row is whose: a branch owns its books, and a loan through its book."""

from tenantstore.checking.tenancy import ANY, EVERY, OWNER, Demand, Named, Table, TenantModel, Through

MODEL = TenantModel(
    {
        "branches": Table((Named("id", gives=(OWNER,)),), reads=EVERY),
        "books": Table(
            (Named("branch", gives=(OWNER,)),),
            reads=EVERY,
            inserts=("id", "branch", "number", "title", "condition", "keywords", "price"),
            makes=(Demand(OWNER),),
            updates={"title": OWNER, "condition": OWNER},
            deletes=OWNER,
        ),
        "loans": Table(
            (Through("book_id", "books", demands=ANY),),
            reads=EVERY,
            updates={"returned_at": OWNER},
        ),
        "shelves": Table(public=True, reads=EVERY),
    }
)
