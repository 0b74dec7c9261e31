"""Tables of contents list every document, architecture decision record and folder."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
RECORDS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
STATUSES = r"proposed|accepted|rejected|superseded by \[ADR \d+\]\([\w.-]+\)"


def _linked(document: Path) -> list[str]:
    """The files that a document links to, by their path in the repository; one entry per link."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    return [str((document.parent / link).resolve().relative_to(ROOT)) for link in links]


def test_the_table_of_contents_lists_every_document() -> None:
    documents = {name for name in TRACKED if re.fullmatch(r"(docs/|monitoring/)?[\w-]+\.md", name)}

    assert documents - set(_linked(ROOT / "docs/README.md")) == {"docs/README.md"}


def test_the_readme_lists_each_document_once_and_every_folder() -> None:
    readme = ROOT / "README.md"
    tables = readme.read_text(encoding="utf-8").partition("## Find your way")[2]
    documents = {name for name in TRACKED if re.fullmatch(r"(docs/)?[\w-]+\.md", name)} - {"README.md"}
    named = re.findall(r"\]\(([\w./-]+)\)", tables)
    folders = {name.partition("/")[0] for name in TRACKED if "/" in name and not name.startswith(".")}

    assert {name: named.count(name) for name in documents} == dict.fromkeys(documents, 1)
    assert folders - {"docs"} == set(re.findall(r"(?m)^\| `(\w+)/` \|", tables))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem[:4])
def test_the_index_of_decisions_has_the_title_status_and_date_of_each_record(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    head = re.match(rf"# (\d+)\. (.+)\n\n- Status: ({STATUSES})\n- Date: (\d{{4}}-\d\d-\d\d)\n", text)
    if head is None:
        pytest.fail(f"{record.name} does not begin with number and title, status, date")
    number, title, status, date = head.groups()
    index = (record.parent / "README.md").read_text(encoding="utf-8").splitlines()

    assert record.name.startswith(f"{int(number):04}-")
    assert index.count(f"| {number} | [{title}]({record.name}) | {status} | {date} |") == 1
