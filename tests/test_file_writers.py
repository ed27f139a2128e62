"""Every function that writes a file, under every fault: the old bytes or the new, never a part.

One table: the writers × what may happen to them; and the readers, which read only files.
"""

import contextlib
import json
import os
import pathlib
import stat
import subprocess
import sys

import pytest

import autograd.files
import viz
from autograd import GraphError, Program, Value
from nn import MLP, History, SavedModelError, load, save
from nn.table import TableError, read_table

ROOT = pathlib.Path(autograd.__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="limits, signals and permissions")


def program(size):
    x = Value(1.0)
    return Program(Value(float(size)) * x + sum(x * k for k in range(size)), [x])


def graph(size):
    return sum(Value(1.0) * k for k in range(1, min(size // 8, 50) + 2))


WRITERS = {  # each writes something of its own size
    "nn.save": lambda size, path: save(MLP(size, [1], rng=size), path),
    "History.to_csv": lambda size, path: History(epoch=list(range(size)), loss=[0.1] * size).to_csv(
        path
    ),
    "Program.save": lambda size, path: program(size).save(path),
    "viz.save": lambda size, path: viz.save(viz.draw(graph(size), collapse="none"), path),
    "viz.step": lambda size, path: viz.step(graph(size), path, collapse="none"),
}
SUFFIX = {"viz.save": ".dot", "viz.step": ".html"}
every_writer = pytest.mark.parametrize("name", WRITERS)


@pytest.fixture
def path(tmp_path, name):
    return tmp_path / f"it{SUFFIX.get(name, '.bin')}"


def written(name, size, folder):
    """What a writer writes if nothing goes wrong."""
    path = folder / f"whole{SUFFIX.get(name, '.bin')}"
    WRITERS[name](size, path)
    content = path.read_bytes()
    path.unlink()
    return content


# ── faults ────────────────────────────────────────────────────────────────────


class Planted:
    """What `autograd.files` calls of the system, with a fault at call number `at`."""

    STEPS = ("open", "stat", "fsync", "close", "chmod", "chown", "replace")

    def __init__(self, at, fault):
        self.calls, self.at, self.fault = 0, at, fault

    def step(self):
        self.calls += 1
        if self.calls == self.at:
            self.fault()

    def __getattr__(self, name):
        x = getattr(os, name)
        return self.faulty(x) if name in self.STEPS else x

    def faulty(self, f):
        def call(*args, **options):
            self.step()
            return f(*args, **options)

        return call

    def opened(self, *args, **options):
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(*args, **options))
            self.step()
            stack.pop_all()
        return _File(file, self)


class _File:
    def __init__(self, file, planted):
        self.file, self.planted = file, planted

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()
        if not any(error):
            self.planted.step()

    def __getattr__(self, name):
        return self.planted.faulty(getattr(self.file, name))

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        self.planted.step()
        self.file.write(content[len(content) // 2 :])


def plant(at, fault):
    planted = Planted(at, fault)
    autograd.files.os, autograd.files.open = planted, planted.opened
    return planted


def uproot():
    autograd.files.os = os
    vars(autograd.files).pop("open", None)


def no_space():
    raise OSError(28, "No space left on device")


@every_writer
@pytest.mark.parametrize("private", [False, True])
def test_a_fault_at_any_step_leaves_the_old_file_and_no_draft(name, path, tmp_path, private):
    old, new = (written(name, size, tmp_path) for size in (8, 64))
    for at in range(1, 100):
        path.write_bytes(old)
        if private:
            path.chmod(0o600)
        planted = plant(at, no_space)
        error = None
        try:
            WRITERS[name](64, path)
        except OSError as caught:
            error = caught
        finally:
            uproot()
        assert path.read_bytes() == (old if error else new), f"step {at}"
        assert error is None or error.errno == 28
        assert [p.name for p in tmp_path.iterdir()] == [path.name], f"step {at}"
        if planted.calls < at:
            break
    assert at > 8


KILLED = """
import json, os, signal, sys
from tests import test_file_writers as t

folder = t.pathlib.Path(sys.argv[1])
ended = []
for name in t.WRITERS:
    path = folder / ("it" + t.SUFFIX.get(name, ".bin"))
    old, new = (t.written(name, size, folder) for size in (8, 64))
    for at in range(1, 100):
        path.write_bytes(old)
        child = os.fork()
        if not child:
            planted = t.plant(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            t.WRITERS[name](64, path)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        held = path.read_bytes()
        ended.append([name, at, status, "old" if held == old else "new" if held == new else "part"])
        if status == 0:
            break
print(json.dumps(ended))
"""


@pytest.mark.thorough
@posix
def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=100,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout)
    assert {name for name, *_ in ended} == set(WRITERS)
    for name in WRITERS:
        states = [held for other, _, _, held in ended if other == name]
        assert states == sorted(states, key=["old", "new"].index), name  # and no "part"
        assert {"old", "new"} <= set(states[:-1]), "killed before and after the replacement"


FULL = """
import resource, signal, sys
from tests import test_file_writers as t
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
for name in t.WRITERS:
    try:
        t.WRITERS[name](5_000, t.pathlib.Path(sys.argv[1]) / ("it" + t.SUFFIX.get(name, ".bin")))
    except OSError as error:
        print(name, error.errno)
"""


@posix
def test_a_disk_that_fills_up_leaves_every_old_file_and_no_draft(tmp_path):
    paths = {name: tmp_path / f"{name}{SUFFIX.get(name, '.bin')}" for name in WRITERS}
    for suffix in {*SUFFIX.values(), ".bin"}:
        (tmp_path / f"it{suffix}").write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FULL, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=100,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [f"{name} 27" for name in paths]
    assert {p.read_bytes() for p in tmp_path.iterdir()} == {b"old"}
    assert len(list(tmp_path.iterdir())) == 3


# ── names, paths, permissions ─────────────────────────────────────────────────


@every_writer
@pytest.mark.parametrize("letter", ["n", "ä", "∂", "𝛛"])
def test_the_longest_name_that_the_disk_takes_can_be_written(name, tmp_path, letter):
    suffix = SUFFIX.get(name, ".bin")
    count = (255 - len(suffix)) // len(letter.encode())
    path = tmp_path / (letter * count + suffix)
    try:
        path.touch()
    except OSError:
        pytest.skip("this disk takes shorter names only")
    WRITERS[name](8, path)
    assert path.read_bytes() == written(name, 8, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


class PathLike:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


KINDS = [str, os.fsencode, pathlib.Path, PathLike, lambda path: PathLike(os.fsencode(path))]


@every_writer
@pytest.mark.parametrize("kind", KINDS)
def test_a_path_is_text_or_bytes_or_an_object(name, path, kind):
    WRITERS[name](8, kind(str(path)))
    assert path.stat().st_size > 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_path_is_read_as_it_was_written(tmp_path, kind):
    model, made, path = MLP(2, [1], rng=1), program(8), kind(str(tmp_path / "it"))
    save(model, path)
    assert load(MLP(2, [1]), path).state_dict() == model.state_dict()
    made.save(path)
    assert Program.load(path)(2.0) == made(2.0)
    History(epoch=list(range(10)), loss=[0.5] * 10).to_csv(path)
    assert read_table(path, "loss").ys == [0.5] * 10


@every_writer
def test_an_open_file_is_no_path_and_stays_open(name, tmp_path):
    with open(tmp_path / "open", "w+b", buffering=1000) as file:
        file.write(b"in the buffer")
        for number in (file.fileno(), file.fileno() + 1000, True):
            with pytest.raises(TypeError, match=r"a path must be a str, bytes or an os\.PathLike"):
                WRITERS[name](8, number)
        file.flush()
    assert (tmp_path / "open").read_bytes() == b"in the buffer"


@posix
@every_writer
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o400, 0o666])
def test_a_file_keeps_its_permissions_and_its_draft_is_private(name, path, mode, monkeypatch):
    path.touch()
    path.chmod(mode)
    modes = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: modes.append(os.fstat(fd).st_mode) or fsync(fd))
    WRITERS[name](8, path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert stat.S_IMODE(modes[0]) == 0o600
    assert path.stat().st_size > 0


@posix
@every_writer
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_any_new_file(name, path, mask):
    before = os.umask(mask)
    try:
        WRITERS[name](8, path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@every_writer
def test_a_folder_is_named_with_what_to_write_instead(name, tmp_path):
    folder = tmp_path / f"it{SUFFIX.get(name, '')}"
    folder.mkdir()
    with pytest.raises(OSError, match="is a folder; write the name of a file in it"):
        WRITERS[name](8, folder)
    with pytest.raises(OSError, match="there is no folder"):
        WRITERS[name](8, tmp_path / "nowhere" / folder.name)


# ── readers ───────────────────────────────────────────────────────────────────

READERS = {
    "nn.load": lambda path: load(MLP(2, [1]), path),
    "Program.load": Program.load,
    "read_table": lambda path: read_table(path, "y"),
}
REFUSALS = (OSError, GraphError, SavedModelError, TableError)
every_reader = pytest.mark.parametrize("name", READERS)


@posix
@every_reader
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null", "/dev/tty"])
def test_a_device_is_not_read(name, device):
    with pytest.raises(REFUSALS, match=device):
        READERS[name](device)


@posix
@every_reader
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(name, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(REFUSALS, match="is not a file that can be read, but a device or a pipe"):
        READERS[name](tmp_path / "pipe")


@posix
@every_reader
@pytest.mark.parametrize("start", [b"", b"dcdwprog\1\0\0\0" + bytes(40), b"\xff" * 8])
def test_a_file_of_a_terabyte_is_refused_by_its_first_bytes(name, tmp_path, start):
    with open(tmp_path / "huge", "wb") as file:
        file.write(start)
        file.truncate(1 << 40)  # a hole: it takes no room on the disk
    with pytest.raises(REFUSALS, match="huge"):
        READERS[name](tmp_path / "huge")


@every_reader
def test_the_number_of_an_open_file_is_not_read_and_stays_open(name, tmp_path):
    with open(tmp_path / "open", "w+b") as file:
        file.write(b"in the buffer")
        with pytest.raises(TypeError, match="a path must be a str"):
            READERS[name](file.fileno())
        file.flush()
    assert (tmp_path / "open").read_bytes() == b"in the buffer"
