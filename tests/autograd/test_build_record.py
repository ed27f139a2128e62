"""A compiled module knows the files that it was built from, every one of them."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import autograd
from autograd import build_record

PACKAGE = Path(autograd.__file__).parent
MODULES = build_record.modules()
pytestmark = pytest.mark.skipif(not MODULES, reason="an installed copy holds no sources")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The package with its compiled modules, as they were built."""
    folder = tmp_path_factory.mktemp("copy") / "autograd"
    return shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))


def changed(package):
    """The name of a changed file, for every module that has one."""
    found = {pyx.stem: build_record.changed(pyx, package) for pyx in build_record.modules(package)}
    return {module: name for module, name in found.items() if name}


def test_a_copy_of_what_was_built_is_up_to_date(copy):
    assert changed(copy) == {}
    build_record.refuse_stale(copy)


SOURCES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*")
    if path.suffix in (".pyx", ".pxd", ".pxi", ".h")
    or (path.parent.name == "ops" and path.stem in build_record.WRITERS)
)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_of_the_engine_that_changes_makes_it_stale(copy, name):
    path = copy / name
    before = path.read_bytes()
    try:
        path.write_bytes(before + b"\n")
        assert set(changed(copy).values()) == {name}
        with pytest.raises(ImportError, match=f"autograd/{name} has changed since the engine"):
            build_record.refuse_stale(copy)
        if path.suffix != ".pyx":  # without it there is nothing to be stale against
            path.unlink()
            assert set(changed(copy).values()) == {name}
    finally:
        path.write_bytes(before)


def test_a_change_concerns_the_modules_that_are_made_of_the_file_and_no_other(copy):
    schedule = copy / "programs" / "schedule.pxi"
    before = schedule.read_bytes()
    schedule.write_bytes(before + b"\n")
    assert changed(copy) == {"tape": "programs/schedule.pxi"}
    schedule.write_bytes(before)


def test_dates_do_not_matter(copy):
    os.utime(copy / "engine" / "value.pyx")
    assert changed(copy) == {}


def test_a_module_without_a_record_is_stale(copy):
    (pyx,) = (p for p in build_record.modules(copy) if p.stem == "linearize")
    record = build_record.record_of(pyx)
    text = record.read_bytes()
    record.unlink()
    with pytest.raises(ImportError, match=r"autograd/derivatives/linearize\.pyx has changed"):
        build_record.refuse_stale(copy)
    build_record.write_record(pyx, copy)
    assert record.read_bytes() == text


def test_a_module_that_is_not_there_is_to_be_built_and_not_refused(copy):
    (pyx,) = (p for p in build_record.modules(copy) if p.stem == "linearize")
    module = pyx.with_suffix(build_record.SUFFIX)
    elsewhere = module.rename(module.with_name("elsewhere"))
    assert changed(copy) == {"linearize": "derivatives/linearize.pyx"}
    build_record.refuse_stale(copy)
    elsewhere.rename(module)


@pytest.mark.thorough
def test_only_what_has_changed_is_built(tmp_path):
    for needed in ("Cython", "setuptools"):
        pytest.importorskip(needed, reason="the build takes it")
    if not shutil.which((sysconfig.get_config_var("CC") or "cl").split()[0]):
        pytest.skip("the build takes a C compiler")
    package = shutil.copytree(PACKAGE, tmp_path / "autograd")
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PACKAGE.parent / name, tmp_path)
    setup = tmp_path / "setup.py"
    text = setup.read_text(encoding="utf-8").replace('"-O3"', '"-O0"')  # in seconds, not minutes
    setup.write_text(text, encoding="utf-8")

    def built(*options):
        """The modules that a build compiles."""
        before = {p: p.stat().st_mtime_ns for p in package.rglob(f"*{build_record.SUFFIX}")}
        subprocess.run(
            [sys.executable, "setup.py", "-q", "build_ext", "--inplace", *options],
            cwd=tmp_path, capture_output=True, check=True,
        )  # fmt: skip
        return {p.name.split(".")[0] for p, date in before.items() if p.stat().st_mtime_ns != date}

    os.utime(package / "engine" / "value.pyx")
    assert built() == set()
    schedule = package / "programs" / "schedule.pxi"
    dates = schedule.stat()
    schedule.write_text(schedule.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    os.utime(schedule, ns=(dates.st_atime_ns, dates.st_mtime_ns))  # its date tells nothing
    assert built() == {"tape"}
    assert (changed(package), built()) == ({}, set())


def test_a_stale_engine_is_refused_in_a_sentence_before_it_is_loaded(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "autograd")
    table = tmp_path / "autograd" / "ops" / "table.py"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace('Op("tanh", ', 'Op("tangent", '), encoding="utf-8")
    assert table.read_text(encoding="utf-8") != text
    run = subprocess.run(
        [sys.executable, "-c", "import autograd"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stderr.splitlines()[-1] == (
        "ImportError: autograd/ops/table.py has changed since the engine was built; run "
        f"`pip install -e .` again in {tmp_path}"
    )
