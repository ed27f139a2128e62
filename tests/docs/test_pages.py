"""The pages: every block of code runs, every passage of the source and every link is there."""

import re
from pathlib import Path

import pytest

pytest.importorskip("sybil", reason="the blocks of the pages are found by sybil")

from docs.tools import blocks

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", *PAGES]
RUN_BY_CI = {"README.md": {"sh"}}  # .ci/run takes the README's commands out and runs them
FENCE = re.compile(r"^```(\S*)", re.M)


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("page", DOCUMENTS, ids=name)
def test_every_block_of_python_runs_and_prints_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks_in_it = page.read_text(encoding="utf-8").count("```python")
    assert (blocks.run(page) > 0) == (blocks_in_it > 0)


@pytest.mark.parametrize("page", DOCUMENTS, ids=name)
def test_every_block_is_run_by_something(page):
    opened = FENCE.findall(page.read_text(encoding="utf-8"))[::2]
    code = {language for language in opened if not language.startswith("{")}
    assert code <= {"python"} | RUN_BY_CI.get(page.name, set())


def test_a_page_that_is_wrong_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\n>>> 1 + 1\n3\n```\n", encoding="utf-8")
    with pytest.raises(Exception, match="did not evaluate as expected"):
        blocks.run(page)


def test_the_tour_has_ten_stops_of_under_ten_lines_each():
    text = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    stops = re.split(r"^## \d+\. ", text, flags=re.M)[1:]
    assert len(stops) == 10
    for stop in stops:
        assert 0 < len(re.findall(r"^(?:>>>|\.\.\.) ", stop, re.M)) < 10


def included() -> list[tuple[str, str, str]]:
    """Every passage of the source that a page shows: page, file, options."""
    pattern = re.compile(r"^```{literalinclude} (\S+)\n(.*?)^```", re.M | re.S)
    return [
        (page.name, *passage)
        for page in PAGES
        for passage in pattern.findall(page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("page", "file", "options"), included())
def test_every_passage_of_the_source_that_a_page_shows_is_there(page, file, options):
    source = (ROOT / "docs" / file).read_text(encoding="utf-8")
    marks = re.findall(r"^:(start|end)-(at|before|after): (.*)$", options, re.M)
    assert [mark[0] for mark in marks] in (["start", "end"], ["start"])
    start, *end = (text.strip("\"'") for _, _, text in marks)
    assert source.count(start) == 1
    assert all(text in source[source.index(start) :] for text in end)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_page_linked_to_exists(page):
    text = re.sub(r"`[^`]+`", "code", page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\((?!http|generated/)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "index.md"], ids=name)
def test_every_page_is_in_the_contents(page):
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert re.search(rf"^{page.stem}$", contents, re.M)
