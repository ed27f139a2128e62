"""Saved and loaded: the same bits, all or nothing, and nothing else."""

import os
import pickle
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import autograd
from autograd import Value
from nn import MLP, Module, RNNCell, SavedModelError, load, save

ROOT = Path(autograd.__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def net(seed=0, nin=2):
    return MLP(nin, [3, 1], activation="tanh", rng=seed)


class Holder(Module):
    def __init__(self, **attributes):
        vars(self).update(attributes)


@pytest.mark.parametrize("make", [net, lambda seed: RNNCell(2, 3, rng=seed)])
def test_a_loaded_model_has_the_same_bits(path, make):
    one, two = make(0), make(1)
    save(one, path)
    assert load(two, path) is two
    assert two.state_dict() == one.state_dict()


def test_every_double_survives(path):
    numbers = [0.0, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("nan"), 0.1]
    save(Holder(w=[Value(x) for x in numbers]), path)
    back = load(Holder(w=[Value(1.0) for _ in numbers]), path)
    assert [p.data.hex() for p in back.w] == [x.hex() for x in numbers]


def test_a_saved_file_can_be_read_by_other_programs(path):
    model = net()
    save(model, path)
    arrays = safetensors.numpy.load_file(path)
    neuron = model.layers[0].neurons[1]
    assert arrays["layers.0.neurons.1.w"].tolist() == [w.data for w in neuron.w]
    assert arrays["layers.0.neurons.1.b"] == neuron.b.data


def test_tied_weights_and_gaps_in_a_list_come_back(path):
    def model(scale):
        a, b, c, d = (Value(scale * k) for k in (1.0, 2.0, 3.0, 4.0))
        return Holder(first=[b], w=[a, b, c], tail=[a, d])

    save(model(1.0), path)
    assert [p.data for p in load(model(9.0), path).parameters()] == [2.0, 1.0, 3.0, 4.0]


def test_the_same_model_gives_the_same_bytes(path):
    save(net(), path)
    first = path.read_bytes()
    save(net(), path)
    assert path.read_bytes() == first


# ── what cannot be loaded ──────────────────────────────────────────────────────


def refused(model, path):
    """The one-line sentence that refuses the file; the model is as before."""
    before = model.state_dict()
    with pytest.raises(SavedModelError) as error:
        load(model, path)
    assert model.state_dict() == before
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_a_file_cut_short_anywhere_is_refused(path):
    save(net(), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        assert "is cut short, or not a file that nn.save wrote" in refused(net(1), path)


@pytest.mark.parametrize(
    "content", [b"a,b\n1,2\n" * 20, pickle.dumps({"w": 1.0}), b"\x89PNG\r\n" + bytes(100), b""]
)
def test_a_file_of_another_kind_is_refused(path, content):
    path.write_bytes(content)
    assert "not a file that nn.save wrote" in refused(net(), path)


def test_the_weights_of_another_program_are_refused(path):
    safetensors.numpy.save_file({"w": np.zeros(3)}, path)
    assert "is a safetensors file, but not one that nn.save wrote" in refused(net(), path)


def test_another_version_is_refused(path):
    safetensors.numpy.save_file({"w": np.zeros(3)}, path, metadata={"dcdw": "99"})
    assert "has version 99 of the layout; this dcdw reads version 1" in refused(net(), path)


def test_the_weights_of_another_model_are_refused(path):
    save(net(nin=3), path)
    said = refused(net(), path)
    assert "'layers.0.neurons.0.w' has shape (3,) and type float64; this model needs (2,)" in said
    save(MLP(2, [3, 2, 1]), path)
    assert "with 'layers.1.neurons.1.b', 'layers.1.neurons.1.w', 'layers.2.n" in refused(
        net(), path
    )
    save(Holder(w=Value(1.0)), path)
    assert "1 names without 'layers.0.neurons.0.w', " in refused(net(), path)


def test_numbers_of_another_type_are_refused(path):
    single = {"w": np.zeros((), dtype=np.float32)}
    safetensors.numpy.save_file(single, path, metadata={"dcdw": "1"})
    assert "type float32" in refused(Holder(w=Value(1.0)), path)


def test_a_file_that_is_not_there_or_cannot_be_written_is_named(tmp_path, path):
    with pytest.raises(FileNotFoundError, match=r"net\.safetensors"):
        load(net(), path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save(net(), tmp_path / "nowhere" / "net.safetensors")
    with pytest.raises(OSError, match="is a folder; write the name of a file in it"):
        save(net(), tmp_path)
    for use in (save, load):
        with pytest.raises(ValueError, match="'' cannot be the path of a file"):
            use(net(), "")


def test_things_that_are_no_models_are_refused(path):
    with pytest.raises(ValueError, match="nothing to save"):
        save(Holder(), path)
    with pytest.raises(TypeError, match=r"write save\(model, path\)"):
        save(path, net())
    clash = Holder(d={"a.0": Value(1.0), "a": Value(2.0)})
    with pytest.raises(ValueError, match=r"two parameters would be called 'd\.a'"):
        save(clash, path)


# ── an interrupted save ────────────────────────────────────────────────────────

COUNT = 20_000
CHILD = """
import itertools, os, resource, signal, sys
from autograd import Value
from nn import Module, save

class Many(Module):
    def __init__(self, k):
        self.w = [Value(float(k)) for _ in range(20_000)]

path = sys.argv[1]
"""


def child(body, path):
    """A Python process that runs `body`."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + body, str(path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def held(path):
    """The numbers in the file."""
    model = load(Holder(w=[Value(0.0) for _ in range(COUNT)]), path)
    return {p.data for p in model.w}


@pytest.mark.thorough
@posix
@pytest.mark.parametrize(
    "moment",
    [  # the kernel kills it half-way through writing; then before and after the last step
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000))",
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)",
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
    ],
    ids=["in the middle of writing", "before fsync", "before the replacement"],
)
def test_a_process_killed_in_the_middle_of_a_save_leaves_the_old_weights(path, moment):
    save(Holder(w=[Value(7.0) for _ in range(COUNT)]), path)
    process = child(f"resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); {moment}\n"
                    "save(Many(8), path)", path)  # fmt: skip
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, -signal.SIGXFSZ)
    assert held(path) == {7.0}
    (draft,) = path.parent.glob(".net.safetensors.*.tmp")
    assert draft.stat().st_size == 80_000 or "setrlimit" not in moment
    save(Holder(w=[Value(9.0) for _ in range(COUNT)]), path)  # what is left is in nobody's way
    assert held(path) == {9.0}


@posix
@pytest.mark.parametrize("delay", [0.0, 0.003, 0.008, 0.017])
def test_a_process_killed_at_any_moment_leaves_whole_weights(path, delay):
    process = child(
        "for k in itertools.count(1):\n    save(Many(k), path)\n    print(k, flush=True)", path
    )
    process.stdout.readline()
    time.sleep(delay)
    process.kill()
    done = [1, *map(int, process.communicate(timeout=60)[0].split())][-1]
    (k,) = held(path)
    assert k in (done, done + 1)


@posix
def test_a_full_disk_leaves_the_old_weights_and_no_draft(path):
    save(Holder(w=[Value(7.0) for _ in range(COUNT)]), path)
    limited = "resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000))\nsave(Many(8), path)"
    process = child(limited, path)
    assert "OSError: [Errno 27] File too large" in process.communicate(timeout=60)[1]
    assert held(path) == {7.0}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@posix
def test_a_saved_file_has_the_permissions_of_any_new_file_and_keeps_its_own(path):
    other = path.with_name("other")
    other.touch()
    save(net(), path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
    path.chmod(0o640)
    save(net(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_link_stays_a_link(path, tmp_path):
    link = tmp_path / "latest"
    link.symlink_to(path)
    save(net(), link)
    assert link.is_symlink()
    assert load(net(1), path).state_dict() == net().state_dict()


@pytest.mark.parametrize("number", [True, 987])
def test_the_number_of_an_open_file_is_no_path_and_leaves_it_open(number):
    with pytest.raises(TypeError, match="a path must be a str, bytes"):
        load(MLP(2, [1]), number)
    os.fstat(1)


@pytest.mark.parametrize("kind", [lambda: Value(1.0), lambda: [Value(1.0), Value(2.0)]])
def test_a_parameter_with_the_formats_own_name_is_refused(path, kind):
    model = Module()
    setattr(model, "__metadata__", kind())  # noqa: B010
    with pytest.raises(ValueError, match=r"'__metadata__' cannot be saved: .* rename"):
        save(model, path)
    inner = Module()
    inner.part = model  # its name is part.__metadata__
    save(inner, path)
    assert load(inner, path) is inner
