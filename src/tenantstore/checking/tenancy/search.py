"""Whether something holds of every row that comes out: by what is known, or else in every arm of the choices."""

from collections.abc import Callable

from tenantstore.checking.tenancy.facts import Facts

# As many combinations of arms as are tried before a proof is given up.
_LIMIT = 5000


def counterexample(facts: Facts, holds: Callable[[Facts], bool]) -> Facts | None:
    """A case in which it is not known to hold, with every choice made that tells anything; None where it is proven."""
    return _Search(holds).run(facts.fork())


class _Search:
    def __init__(self, holds: Callable[[Facts], bool]) -> None:
        self.holds = holds
        self.left = _LIMIT

    def run(self, facts: Facts) -> Facts | None:
        facts.settle()
        self.left -= 1
        if facts.impossible or self.holds(facts):
            return None
        while facts.choices and self.left > 0:
            choice, *others = facts.choices
            facts.choices = tuple(others)
            arms = []
            for number in range(len(choice.arms)):
                arm = facts.fork()
                arm.take(choice, number)
                arm.settle()
                if arm.learnt == facts.learnt and not arm.impossible:
                    # An arm that tells nothing: the case is the one without this choice.
                    break
                arms.append(arm)
            else:
                return next((found for arm in arms if (found := self.run(arm)) is not None), None)
        return facts
