"""Which values are the same in every row that comes out."""

from tenantstore.checking.tenancy.rows import FALSE, TRUE, Term


class Equalities:
    """Classes of terms. Two nulls may be in one: that one of them is a value is for an equality to say."""

    def __init__(self) -> None:
        self._parents: dict[Term, Term] = {}
        #: Grows with everything that is learnt.
        self.learnt: int = 0
        #: What is known cannot all be: no row comes out.
        self.impossible: bool = False

    def root(self, term: Term) -> Term:
        while (parent := self._parents.get(term)) is not None:
            term = parent
        return term

    def same(self, one: Term | None, other: Term | None) -> bool:
        return one is not None and other is not None and self.root(one) == self.root(other)

    def merge(self, one: Term | None, other: Term | None) -> None:
        if one is None or other is None:
            return
        a, b = self.root(one), self.root(other)
        if a == b:
            return
        if {a, b} == {TRUE, FALSE}:
            self.impossible = True
            return
        # So that a class that has one of these has it as its root.
        if a in (TRUE, FALSE):
            a, b = b, a
        self._parents[a] = b
        self.learnt += 1

    def members(self, term: Term) -> set[Term]:
        """Every term that is known to be equal to one, itself included."""
        root = self.root(term)
        return {each for each in (*self._parents, root, term) if self.root(each) == root}
