"""The Python in a page, run: for the tests, and for the pictures that it draws."""

from __future__ import annotations

from doctest import ELLIPSIS
from pathlib import Path

from sybil import Sybil
from sybil.document import Document
from sybil.parsers.markdown import PythonCodeBlockParser


def parsed(page: Path) -> Document:
    """A Markdown file with its Python blocks found; what follows `>>>` is a claim."""
    parsers = [PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)]
    return Sybil(parsers, path=str(page.parent), pattern=page.name).parse(page)


def run(page: Path) -> int:
    """Run the blocks of a page from first to last, in one namespace; return how many there are.

    Raises
    ------
    sybil.evaluators.doctest.ExampleFailed
        If a block does not print what the page says; the message shows both.
    """
    count = 0
    for example in parsed(page).examples():
        example.evaluate()
        count += 1
    return count
