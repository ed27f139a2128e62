"""A file is replaced as a whole or not at all."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd import Program, Value
from autograd.files import atomic_write

ROOT = Path(autograd.__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="limits and signals")
CHILD = """
import os, resource, signal, sys
from autograd import Program, Value, sum
path = sys.argv[1]

def program(k):
    xs = [Value(0.0)]
    return Program(sum([Value(float(k)) * x * j for j in range(5000) for x in xs]), xs)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "program"


def program(k):
    x = Value(0.0)
    return Program(Value(float(k)) * x, [x])


def child(body, path):
    """Runs `body` in a process; how it ended, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD + body, str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    return done.returncode, done.stderr


@posix
@pytest.mark.parametrize(
    "moment",
    [
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000))",
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)",
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
    ],
    ids=["in the middle of writing", "before fsync", "before the replacement"],
)
def test_a_process_killed_while_it_saves_a_program_leaves_the_old_one(path, moment):
    program(7).save(path)
    ended, _ = child(
        f"resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); {moment}; program(8).save(path)", path
    )
    assert ended in (-signal.SIGKILL, -signal.SIGXFSZ)
    assert Program.load(path)(1.0) == 7.0
    program(9).save(path)  # what is left lying is in nobody's way
    assert Program.load(path)(1.0) == 9.0


@posix
def test_a_full_disk_leaves_the_old_program_and_no_draft(path):
    program(7).save(path)
    ended, said = child(
        "resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000)); program(8).save(path)", path
    )
    assert ended == 1
    assert said.splitlines()[-1].startswith("OSError: [Errno 27] File too large")
    assert Program.load(path)(1.0) == 7.0
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_device_is_no_file_that_could_be_replaced():
    with pytest.raises(OSError, match="/dev/full is not a file"):
        program(1).save("/dev/full")
    assert not Path("/dev/full").is_file()


def test_a_folder_and_a_file_in_no_folder_are_named(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder; write the name of a file in it"):
        atomic_write(tmp_path, b"")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        program(1).save(tmp_path / "nowhere" / "program")


def test_new_bytes_replace_old_ones(path):
    atomic_write(path, b"a longer content")
    atomic_write(path, b"short")
    assert path.read_bytes() == b"short"


def closed_folder(tmp_path):
    """A folder in which nobody can make a file, not even root."""
    if os.path.isdir("/proc/self"):
        return Path("/proc/self")
    tmp_path.chmod(0o500)
    return tmp_path


@posix
def test_a_folder_that_cannot_be_written_to_is_reported_by_the_path_asked_for(tmp_path):
    path = closed_folder(tmp_path) / "weights.bin"
    with pytest.raises(OSError, match=f"{path} cannot be written: ") as error:
        atomic_write(path, b"")
    assert ".tmp" not in str(error.value)


@pytest.mark.parametrize("path", ["", b"", "a\0b", b"a\0b"])
@pytest.mark.parametrize("use", [lambda path: program(1).save(path), Program.load])
def test_what_no_file_can_be_called_is_refused_by_a_sentence(path, use):
    named = re.escape(repr(os.fsdecode(path)))
    with pytest.raises(
        ValueError, match=rf"^{named} cannot be the path of a file.*'weights\.bin'$"
    ):
        use(path)
