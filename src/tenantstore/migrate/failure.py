"""From the server's refusal to an error that says where it happened and what to do next."""

from tenantstore.migrate.errors import Blocked, Problem, StatementFailed
from tenantstore.migrate.planning import Step
from tenantstore.migrate.send import Refusal

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"

_ADVICE = {
    "25001": "Begin the file with `-- no-transaction`: each of its statements is then run on its own.",
    "2D000": "It commits by itself: begin the file with `-- no-transaction`.",
    "55P04": "A value added to an enum is of use only after the commit: use it in the next migration.",
    "57014": "If it was cut off by a statement_timeout: `SET LOCAL statement_timeout = 0;` at the head of the file.",
    "25P04": "It was cut off by transaction_timeout: give the role that migrates a longer one.",
    "25006": "The server takes no writes: is it a standby? The DSN should name the primary.",
    "42501": "Migrate as the owner of what is changed, or grant what is missing.",
    "42P07": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "42701": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "42710": "Made by hand? `stamp` adopts a database that stands at a version already.",
    LOCK_NOT_AVAILABLE: "Others held it for too long: end what blocks, or run again later; --wait tries for longer.",
    DEADLOCK: "It and another session waited for each other: run again at a quieter time.",
}
_SET_ADVICE = "The runner's transaction has begun before the file does: set this on the role or the database instead."


def failure(step: Step, refusal: Refusal, outcome: str, base: int = 0) -> StatementFailed:
    """The error for a refusal of what was sent from ``base`` of the file on; ``outcome`` is what became of the file."""
    script = step.script
    index = refusal.done
    advice = _ADVICE.get(refusal.sqlstate, "")
    if refusal.offset is not None:
        problem = script.problem(base + refusal.offset, refusal.message)
        beside = [statement for statement in script.statements if statement.offset <= base + refusal.offset]
        index = len(beside) - 1
    elif index < len(script.statements):
        problem = script.problem(script.statements[index].offset, refusal.message)
    else:
        problem = Problem(script.path, f"when it was committed: {refusal.message}")
    if refusal.sqlstate == "25001" and index < len(script.statements) and script.statements[index].begins("SET"):
        advice = _SET_ADVICE
    kind = Blocked if refusal.sqlstate in {LOCK_NOT_AVAILABLE, DEADLOCK} else StatementFailed
    return kind(problem, refusal.sqlstate, refusal.notes, "\n".join(filter(None, (advice, outcome))))
