"""What the documentation and the README show is run, each page from top to bottom, and prints what it says."""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.page import blocks, pages
from tests.docs.reader import POOLERS, Broken, Shell, follow, goes_on_with_a_database

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *pages(ROOT)]

# All that nobody runs here, each with its reason as the page itself gives it.
NOT_RUN = [
    "README.md: it asks the package registry.",
    "docs/how-to/deploy-migrations.md: it takes a cluster.",
    "docs/how-to/deploy-migrations.md: it takes an image of the service.",
    "docs/tutorial.md: it asks the package registry. They run in an environment that was made like this.",
]


@pytest.fixture
def shell() -> Iterator[Shell]:
    # Not pytest's own temporary folder: of root, nobody gets there, as whom a server runs.
    folder = Path(tempfile.mkdtemp(prefix="ts-page-", dir="/tmp"))
    folder.chmod(0o711)
    shell = Shell(folder)
    yield shell
    shell.close()


def of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, of(page))])
def test_a_page_does_what_it_says(page: str, shell: Shell) -> None:
    if "$ pgbouncer" in of(page) and shutil.which("pgbouncer", path=POOLERS) is None:
        pytest.skip("there is no pgbouncer on this machine: apt-get install pgbouncer")
    follow(page, of(page), shell)


def test_pages_that_share_a_database_share_no_customer() -> None:
    going_on = [of(page) for page in PAGES if goes_on_with_a_database(page, of(page))]
    used = Counter(domain for text in going_on for domain in set(re.findall(r"@(\w+\.(?:com|org|example))\b", text)))

    assert "queries.example" in used
    assert [domain for domain, pages in used.items() if pages > 1] == []


def test_a_page_that_tells_how_shows_it() -> None:
    told = [page for page in PAGES if "how-to/" in page or page.endswith("tutorial.md")]

    assert [page for page in told if not blocks(page, of(page))] == []


def test_no_more_is_left_out_than_this() -> None:
    every = [block for page in PAGES for block in blocks(page, of(page))]

    assert [f"{block.place.rpartition(':')[0]}: {block.not_run}" for block in every if block.not_run] == NOT_RUN


BROKEN = {
    "other output": ("```console\n$ echo a\nb\n```", "page.md:1: $ echo a: it prints something else"),
    "a line too many": ("```console\n$ printf 'a\\nb\\n'\na\n```", "it prints something else"),
    "output that is missing": ("```console\n$ true\na\n```", "it prints something else"),
    "a command that fails": ("# A\n\n```console\n$ (exit 3)\n```", "page.md:3: $ (exit 3): exit code 3"),
    "another exit code": ("```console\n$ (exit 3)\n$ echo $?\n4\n```", "it prints something else"),
    "a shell that ends": ("```console\n$ exit 3\n```", "the shell has ended"),
    "console without a command": ("```console\na\n```", "it begins with no `$ command`"),
    "a script that fails": ("```python\nraise SystemExit(3)\n```", "page.md:1: exit code 3"),
    "a comment that is not so": ("```python\nprint(1)  # 2\n```", "it prints something else"),
    "a text that is not so": ("```python\nprint(1)\n```\n\n```text\n2\n```", "it prints something else"),
    "a text that nothing prints": ("```text\n2\n```", "a block of text that is no file"),
    "SQL that no server takes": ("```sql\nSELECT 1;\n```", "exit code 1"),
    "settings of no file": ("```toml\na = 1\n```", "a block of toml that is no file"),
    "indented code": ("A.\n\n    $ true\n", "page.md:3: a block of no language"),
    "an end of nothing": ("`a.py`, at its end:\n\n```python\na\n```", "there is no a.py"),
    "no reason": ("```toml\n# Not run by the tests:\n```", "a block of toml that is no file"),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_block_that_is_broken_is_found(text: str, told: str, shell: Shell) -> None:
    with pytest.raises(Broken) as found:
        follow("page.md", text, shell)

    assert told in str(found.value)


FOLLOWED = """
`shop/names.py`:

```python
ADA = "Ada"
```

`shop/names.py`, at its end:

```python
BOB = "Bob"
```

```python
from shop.names import ADA, BOB

print(ADA, BOB)  # Ada Bob
```

```python
# Not run by the tests: there is no such thing.
import nothing
```

```console
$ export WHO=Ada
$ cat <<END
> $WHO
> END
Ada
$ printf 'one\\ntwo\\nthree 3\\n'; false
...
three …
$ echo $?
1
```
"""


def test_a_page_is_one_walk(shell: Shell) -> None:
    follow("page.md", FOLLOWED, shell)

    assert (shell.folder / "shop/names.py").read_text() == 'ADA = "Ada"\nBOB = "Bob"\n'
