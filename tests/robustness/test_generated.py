"""The C code that Cython wrote: no fault when memory runs out."""

import re
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
MODULES = {
    name: ROOT / "build" / "autograd" / f"{name}.c"
    for name in ("engine/value", "derivatives/linearize", "programs/tape")
}
pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in MODULES.values()), reason="where it was built"
)

# Python code that fails in a `noexcept` function is told to nobody; what it left half done
# stays so.  Cython writes this call into every such function in which something can fail: a
# Python object is made, compared, or called.
UNRAISABLE = re.compile(r'^ *__Pyx_WriteUnraisable\("([\w.]+)"', re.M)

# Cython 3.3 drops an item twice for which a list has no memory, unless it has a name:
# [(each := f(x)) for x in xs].
DROPPED_TWICE = re.compile(r"AppendAndDecref\(__pyx_t_\d+, .*?__PYX_ERR\((\d+), (\d+),")


def places_dropped_twice(text):
    """(file, line) of the list comprehensions, but for those of Cython's own memory views."""
    files = re.search(r"__pyx_f\[\] = \{(.*?)\}", text, re.S)[1]
    names = re.findall(r'"(.*?)"', files)
    places = [(names[int(file)], int(line)) for file, line in DROPPED_TWICE.findall(text)]
    return [(file, line) for file, line in places if not file.startswith("View.MemoryView")]


@pytest.mark.parametrize("module", MODULES)
def test_no_function_that_cannot_raise_does_what_may_fail(module):
    assert UNRAISABLE.findall(MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("module", MODULES)
def test_no_list_comprehension_drops_an_item_twice(module):
    assert places_dropped_twice(MODULES[module].read_text(encoding="utf-8")) == []


MARKS = re.compile(r"\|= (?:VISITED|AWAITED)|\bset_mark\(|\border_computed\(|\bpush_leaf\(")
HEAD = re.compile(r"^ *c?p?def (?:inline )?(?!class)[^\n]*\((?:[^()]|\([^()]*\))*\)[^\n]*:$", re.M)


def test_nodes_are_marked_only_where_nothing_can_fail():
    seen = 0
    for path in sorted((ROOT / "autograd").rglob("*.p[yx][xi]")):
        text = path.read_text(encoding="utf-8")
        heads = list(HEAD.finditer(text))
        for mark in MARKS.finditer(text):
            (*_, inside) = [head for head in heads if head.start() <= mark.start()]
            assert "noexcept" in inside[0], (path.name, inside[0].strip())
            seen += 1
    assert seen >= 5  # the sources are read at all
