"""What the three judges find: `tenantstore check`, `tenantstore doctor` and `tenantstore migrate lint`.

The examples are those that the tests hold the judges to.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from docs._ext.markdown import code, fence, page, plain, table
from tenantstore.checking.query.sarif import RULES
from tenantstore.checking.tenancy.messages import MESSAGES
from tenantstore.migrate.lint import rules, tenants
from tenantstore.migrate.lint.excuses import UNUSED
from tests.migrate.kinds import KINDS

_TESTS = Path(__file__).parents[2] / "tests/checking"
_ABOUT_CARETS = "wide-and-tab.txt"
_CODE = re.compile(r": ([a-z]+(?:-[a-z]+)*): ")
# By the beginning of a code.
_CHECK = {
    "": "What the server and the proofs say of a query",
    "plan-": "Plans (`--plans`)",
    "release-": "The queries of the last release (`--base`)",
}
#: What each rule of lint is about, and what else than its cases there is to say.
LINT = {
    rules.REWRITE: "A table is written anew, whole, while others must wait for it.",
    rules.SCAN: "A table is read from end to end under a lock that keeps writers waiting.",
    rules.BUILD: "An index of a table that was there before is built under a lock that keeps writers waiting.",
    rules.SEVERAL: "A transaction waits for one table while it keeps everybody from another.",
    tenants.UNFORCED: "A table has a `customer_id`, and no row-level security that is enabled and forced.",
    tenants.UNCHECKED: "A policy says which rows may be seen, and not which may be written.",
    tenants.UNSCOPED: "A unique index of a customers' table ignores the customer: a collision tells of another.",
    UNUSED: "A reason is given for something that is not found there.",
}


def pages() -> Iterator[tuple[str, str]]:
    """Each page with its name: one for each judge, and one that leads to them."""
    yield "findings/check", _check()
    yield "findings/doctor", _doctor()
    yield "findings/lint", _lint()
    yield (
        "findings/index",
        page(
            "Findings",
            "What the three judges may say, and what to do then. Each exits 4 when it finds something.",
            "\n".join(
                (
                    "- [`tenantstore check`](check.md) judges queries.",
                    "- [`tenantstore doctor`](doctor.md) judges a database.",
                    "- [`tenantstore migrate lint`](lint.md) judges migrations.",
                )
            ),
            fence("{toctree}", ":hidden:\n\ncheck\ndoctor\nlint"),
        ),
    )


def _check() -> str:
    examples: dict[str, list[str]] = {}
    rendered = sorted(path for name in ("query/rendered", "shown") for path in (_TESTS / name).glob("*.txt"))
    for path in rendered:
        if path.name == _ABOUT_CARETS:
            continue
        text = path.read_text(encoding="utf-8")
        for each in dict.fromkeys(_CODE.findall(text)):
            examples.setdefault(each, []).append(text)
    parts = [
        part
        for begin, title in _CHECK.items()
        for part in (f"## {title}", *(_rule(each, examples) for each in RULES if _part(each) == begin))
    ]
    return page(
        "Findings of check",
        "Each kind by its code: the rule, and what is said where it is broken. A finding says where that is, in the"
        " `.sql` file and, where a record or a function says otherwise, in the `.py` file; what is wrong; and what to"
        " do. What cannot be proven and is so is claimed in the header of the file, with the reason.",
        *parts,
        "## The tenant",
        "A query of scope tenant reaches only what is the tenant's, in every branch, CTE and sub-query; what it writes"
        " is theirs; and the policies in the database say the same, or are found as `policy-wide`.",
        *(fence("text", text) for each in MESSAGES for text in examples.get(each, ())),
        table(
            ("code", "what is wrong", "what to do"),
            [(code(each), _gap(problem), _gap(advice)) for each, (problem, advice) in MESSAGES.items()],
        ),
    )


def _part(each: str) -> str:
    return next((begin for begin in _CHECK if begin and each.startswith(begin)), "")


def _rule(each: str, examples: dict[str, list[str]]) -> str:
    shown = [fence("text", text) for text in examples.get(each, ())]
    return "\n\n".join((f"### {each}", plain(RULES[each]), *shown))


def _gap(text: str) -> str:
    """A message with the names of what is filled in."""
    return re.sub(r"\\\{(\w+)\\\}", r"*\1*", plain(text).replace(r"\_", "_")) if "{" in text else plain(text)


def _doctor() -> str:
    found = {path.stem: path.read_text(encoding="utf-8") for path in sorted((_TESTS / "rendered").glob("*.txt"))}
    parts = [part for name, text in found.items() for part in (f"## {name}", fence("text", text))]
    return page(
        "Findings of doctor",
        "`tenantstore doctor` reads a database's catalogs as the role that the service logs in with. Each finding names"
        " an object, says what weakens row-level security there, and what mends it. Here each kind with an example.",
        *parts,
    )


def _lint() -> str:
    by_code: dict[str, list[str]] = {each: [] for each in LINT}
    for text, _, codes in KINDS.values():
        for each in codes:
            by_code.setdefault(each, []).append(text)
    parts = [
        part for each, told in LINT.items() for part in (f"## {each}", told, *_cases(by_code[each]), _advice(each))
    ]
    return page(
        "Rules of migrate lint",
        "Every up file is run on a scratch database, statement by statement, and watched. What is meant carries its"
        " reason on the line before the statement:",
        fence("sql", "-- lint: table-scan the table is empty here\nALTER TABLE orders ALTER paid SET NOT NULL;"),
        "Where squawk-cli is installed, its rules join in, under their own names.",
        *parts,
        "## What statements do",
        "As it was seen, on tables that were there before. A lock without a finding is there for a moment only, and"
        " `--lock-timeout` sees to it that nobody queues behind it for long.",
        table(
            ("statement", "what it did", "finding"),
            [
                (
                    code(" ".join(text.split())),
                    "<br>".join(map(plain, seen.splitlines())),
                    ", ".join(map(_linked, codes)),
                )
                for text, seen, codes in KINDS.values()
            ],
        ),
    )


def _linked(each: str) -> str:
    return f"[{each}](#{each})" if each in LINT else f"{each} (squawk)"


def _cases(texts: Iterable[str]) -> Iterator[str]:
    if statements := [f"{each.removeprefix('-- no-transaction').strip()};" for each in texts]:
        yield fence("sql", "\n".join(statements))


def _advice(each: str) -> str:
    told = {
        rules.REWRITE: rules._REWRITES.values(),
        rules.SCAN: rules._SCANS.values(),
        rules.BUILD: rules._BUILDS.values(),
        rules.SEVERAL: (rules._SEVERAL_ADVICE,),
        UNUSED: ("Take it out, or put it before the statement it is about.",),
        **{code: (advice,) for code, _, advice in tenants._FOUND.values()},
    }
    return "What to do:\n\n" + "\n".join(f"- {plain(' '.join(text.split()))}" for text in dict.fromkeys(told[each]))
