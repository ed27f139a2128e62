"""The C code that replays programs, with other compilers and for other processors."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
OPTIONS = ["-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
STRICT = ["-Wall", "-Wextra", "-Wno-unused-function", "-Werror"]
BITS = "830bad52d29ca228"  # of arithmetic alone: the same on every machine
COMPILERS = {
    "gcc": (["gcc", *STRICT], []),
    "gcc, sanitized": (["gcc", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], []),
    "clang": (["clang", *STRICT], []),
    "arm64": (["aarch64-linux-gnu-gcc", "-static", *STRICT], ["qemu-aarch64"]),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (ROOT / "build" / "emitted" / "ops.h").exists(), reason="where it was built"
    ),
]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_other_compilers_and_processors_give_the_same_bits(tmp_path, compiler):
    command, runner = COMPILERS[compiler]
    for tool in (command[0], *runner):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here")
    program = tmp_path / "replay"
    subprocess.run(
        [*command, *OPTIONS, "-Iautograd/engine", "-Iautograd/programs", "-Ibuild/emitted",
         "tests/robustness/replay.c", "-lm", "-o", str(program)],
        cwd=ROOT, check=True,
    )  # fmt: skip
    for limit in "012":  # plain, avx2, avx512
        said = subprocess.run(
            [*runner, str(program), limit], check=True, capture_output=True, text=True
        )
        assert said.stdout.split()[1] == BITS
        assert said.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="a PATH without gcc")
def test_the_error_names_what_to_install_if_there_is_no_compiler(tmp_path):
    copy = tmp_path / "source"
    skipped = shutil.ignore_patterns("*.so", "build", ".git", ".hypothesis", ".venv", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=skipped)
    done = subprocess.run(
        [sys.executable, "setup.py", "build_ext"],
        cwd=copy, capture_output=True, text=True, env={"PATH": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "there is no C compiler" in done.stderr
    for words in ("apt install gcc python3-dev", "xcode-select --install", "Build Tools"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr
