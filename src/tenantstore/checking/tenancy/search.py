"""Whether something holds of every row that comes out: by what is known, or else in every arm of the choices."""

from collections.abc import Callable

from tenantstore.checking.tenancy.choices import Choice
from tenantstore.checking.tenancy.facts import Facts

# As many cases as are looked into for one row.
_LIMIT = 100


def counterexample(facts: Facts, holds: Callable[[Facts], bool], limit: int = _LIMIT) -> Facts | None:
    """A case in which it is not known to hold, with every choice made that tells anything; None where it is proven."""
    world = facts.world
    allowed = min(limit, world.cases)
    search = _Search(holds, allowed)
    found = search.run(facts.fork())
    world.cases -= min(allowed - search.left, allowed)
    return found


class _Search:
    def __init__(self, holds: Callable[[Facts], bool], limit: int) -> None:
        self.holds = holds
        self.left = limit

    def run(self, facts: Facts) -> Facts | None:
        facts.settle()
        self.left -= 1
        if self._proven(facts):
            return None
        best: list[Facts] | None = None
        for choice in facts.choices:
            if self.left <= 0:
                return facts
            arms = self._open(facts, choice)
            if arms is None:
                continue
            if not arms:
                return None
            if best is None or len(arms) < len(best):
                best = arms
        if best is None:
            return facts
        return next((found for arm in best if (found := self.run(arm)) is not None), None)

    def _proven(self, facts: Facts) -> bool:
        return facts.impossible or self.holds(facts)

    def _open(self, facts: Facts, choice: Choice) -> list[Facts] | None:
        """The cases of a choice in which it is not proven yet; None where one arm tells nothing: it can be left out."""
        found = []
        for number in range(len(choice.arms)):
            arm = facts.fork()
            arm.choices = tuple(each for each in facts.choices if each is not choice)
            arm.take(choice, number)
            arm.settle()
            self.left -= 1
            if arm.learnt == facts.learnt and not arm.impossible:
                return None
            if not self._proven(arm):
                found.append(arm)
        return found
