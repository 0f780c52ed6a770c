"""A service that is not ours has the engines in a few lines, and they find what is planted in it."""

import re
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAPERS = Path(__file__).parent / "papers"
INI = """
[pytest]
ts_migrations =
    tenantstore
    papers/migrations
filterwarnings = error
addopts = -p no:asyncio -p no:cacheprovider --tb=short --ts-keep=0
"""

Edits = dict[str, tuple[str, str]]


def run(pytester: pytest.Pytester, edits: Edits) -> tuple[set[str], str]:
    """The tests that fail for the service with those edits in its files, and all that was said."""
    papers = pytester.path / "papers"
    shutil.copytree(PAPERS, papers, ignore=shutil.ignore_patterns("__pycache__"))
    (papers / "checks.py").rename(papers / "test_isolation.py")
    for name, (pattern, replacement) in edits.items():
        text, times = re.subn(pattern, replacement, (papers / name).read_text(), flags=re.DOTALL)
        assert times == 1, f"{name} has {times} of {pattern}"
        (papers / name).write_text(text)
    (pytester.path / "pytest.ini").write_text(INI)
    said = pytester.runpytest_subprocess().stdout.str()
    told = re.findall(r"^(?:FAILED|ERROR) (.*)", said, re.MULTILINE)
    return {each.partition(" - ")[0].rpartition("::")[2] for each in told}, said


def test_a_service_that_is_in_order_passes_and_says_what_was_covered(pytester: pytest.Pytester) -> None:
    failed, said = run(pytester, {})

    assert failed == set(), said
    assert re.findall(r"^(\w): (\d+ of \d+) queries, \d+ examples", said, re.MULTILINE) == [
        ("D", "6 of 6"),
        ("N", "6 of 6"),
        ("R", "1 of 4"),
        ("T", "4 of 4"),
    ]


POLICIES = r"CREATE POLICY papers_select .*"
OWNED_OR_READ = """CREATE POLICY papers_all ON papers FOR ALL TO tenantstore_tenant
USING (author_id = tenantstore_customer_id() OR tenantstore_customer_id() = ANY (readers));
"""
LOOKED_UP = """CREATE FUNCTION may_edit(paper_id uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM papers AS p
        WHERE p.id = paper_id AND tenantstore_customer_id() IN (SELECT p.author_id UNION ALL SELECT unnest(p.editors))
    )
$$;
CREATE POLICY papers_update ON papers FOR UPDATE TO tenantstore_tenant USING (may_edit(id)) WITH CHECK (true);
"""
PLANTED: dict[str, tuple[Edits, set[str]]] = {
    "a missing predicate, and a query that no module declares": (
        {
            "sql/papers/get_for_reader.sql": (r"\n    AND .*;", "\n    AND :customer_id::uuid IS NOT NULL;"),
            "queries.py": (r"_PURGE = [^\n]*\n", "_PURGE = _LIST_ALL\n"),
        },
        {
            "test_not_even_an_operators_query_shows_what_is_hidden[papers/purge]",
            "test_not_even_an_operators_query_changes_what_is_not_theirs[papers/purge]",
            "test_what_is_hidden_changes_nothing[papers/get_for_reader-the statement alone]",
            "test_row_level_security_takes_nothing_away[papers/get_for_reader]",
        },
    ),
    "a policy FOR ALL": (
        {"migrations/001_papers.up.sql": (POLICIES, OWNED_OR_READ)},
        {
            "test_nothing_changes_that_is_not_theirs[papers/delete_for_author-the database alone]",
            "test_nothing_changes_that_is_not_theirs[papers/retitle_for_editor-the database alone]",
            "test_not_even_an_operators_query_changes_what_is_not_theirs[papers/purge]",
        },
    ),
    "a permission that is looked up as it was": (
        {
            "migrations/001_papers.up.sql": (r"CREATE POLICY papers_update [^;]*;\n", LOOKED_UP),
            "sql/papers/retitle_for_editor.sql": (
                r"p\.id = :paper_id\n.*\nRETURNING",
                "p.id = (SELECT q.id FROM papers AS q WHERE q.id = :paper_id\n"
                "    AND (q.author_id = :customer_id OR :customer_id = ANY (q.editors)))\nRETURNING",
            ),
        },
        {"test_a_write_that_waited_for_the_end_of_its_permission_is_refused"},
    ),
}


@pytest.mark.parametrize(("edits", "expected"), PLANTED.values(), ids=PLANTED.keys())
def test_what_is_planted_is_found_and_nothing_else(pytester: pytest.Pytester, edits: Edits, expected: set[str]) -> None:
    failed, said = run(pytester, edits)

    assert failed == expected, said


def test_a_world_in_which_nothing_is_hidden_is_an_error(pytester: pytest.Pytester) -> None:
    nothing: Edits = {
        "test_isolation.py": (r'    admin\.execute\(f"UPDATE papers.*?\n\n', '    admin.execute("SELECT")\n\n\n')
    }
    failed, said = run(pytester, nothing)

    assert len(failed) == 46, said
    assert "nothing was changed that customer 00000000-0000-0000-0000-000000000001 may not see" in said


def test_a_change_that_a_foreign_key_refuses_is_told_how_to_go_on(pytester: pytest.Pytester) -> None:
    refused: Edits = {
        "test_isolation.py": (
            r'    admin\.execute\(f"UPDATE papers',
            '    admin.execute("DELETE FROM customers")\n\\g<0>',
        )
    }
    _, said = run(pytester, refused)

    assert "Where `change` removes what papers refers to, give that foreign key ON DELETE CASCADE" in said


def test_an_oracle_is_found_and_told_with_the_file_the_question_and_both_answers(pytester: pytest.Pytester) -> None:
    failed, said = run(
        pytester,
        {
            "migrations/001_papers.up.sql": (r"UNIQUE \(author_id, slug\)", "UNIQUE (slug)"),
            "sql/papers/create_for_author.sql": (r"\nRETURNING", "\nON CONFLICT (slug) DO NOTHING\nRETURNING"),
        },
    )
    told = re.search(r"AssertionError: \S+create_for_author\.sql\nE +(.*)\nE +(.*)\nE +(.*)\n", said)

    assert failed == {
        f"test_what_is_hidden_changes_nothing[papers/create_for_author-{mode}]"
        for mode in ("both barriers", "the statement alone", "the database alone")
    }, said
    assert told is not None, said
    assert re.sub(r"slug='\w*', title='[^']*'", "…", told[1]) == (
        "customer 00000000-0000-0000-0000-000000000001 asked papers/create_for_author("
        "customer_id=UUID('00000000-0000-0000-0000-000000000001'), …)"
    )
    assert [each.partition(":")[0] for each in (told[2], told[3])] == ["as it is", "with what is hidden changed"]
