"""What is kept in files and pickles says which version of its form it has (docs/versions.md).

`python -m tests.test_versions` writes the files of the present versions, once: the files
that later versions must still read.
"""

import pickle
import struct
from pathlib import Path

import pytest
import safetensors.numpy

from autograd import GraphError, Program, Value, tanh
from nn import MLP, load, save
from nn.saving import SavedModelError

KEPT = Path(__file__).parent / "formats"
PROGRAM, WEIGHTS = KEPT / "program-1.dcdw", KEPT / "weights-1.safetensors"


def program():
    x, w, b = Value(0.5), Value(0.8, label="w"), Value(-0.5, label="b")
    return Program(tanh(x * w + b) ** 2, x)


def net():
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    for k, p in enumerate(model.parameters()):
        p.data = k / 8
    return model


def test_the_first_version_of_a_programs_file_is_read():
    again = Program.load(PROGRAM)
    assert [(w.label, w.data) for w in again.weights] == [("w", 0.8), ("b", -0.5)]
    assert again.value_and_grad([0.25, 1.5])[0].tolist() == program()([0.25, 1.5]).tolist()


def test_the_first_version_of_weights_is_read():
    again = load(MLP(2, [3, 1], activation="tanh", rng=1), WEIGHTS)
    assert [p.data for p in again.parameters()] == [p.data for p in net().parameters()]


def test_a_newer_programs_file_is_refused(tmp_path):
    content = bytearray(PROGRAM.read_bytes())
    content[8:12] = struct.pack("<I", 2)
    (tmp_path / "newer").write_bytes(content)
    with pytest.raises(GraphError, match="has version 2 of the format, and this dcdw reads up to"):
        Program.load(tmp_path / "newer")


def test_newer_weights_are_refused(tmp_path):
    arrays = safetensors.numpy.load_file(WEIGHTS)
    safetensors.numpy.save_file(arrays, tmp_path / "newer", metadata={"dcdw": "2"})
    with pytest.raises(SavedModelError, match="has version 2 of the layout"):
        load(net(), tmp_path / "newer")


@pytest.mark.parametrize("kind", ["graph", "program"])
def test_a_pickle_has_a_version_and_a_newer_one_is_refused(kind, monkeypatch):
    kept = Value(2.0) * 3.0 if kind == "graph" else program()
    module = "autograd.graph.VERSION" if kind == "graph" else "autograd.programs.ir.VERSION"
    with monkeypatch.context() as later:
        later.setattr(module, 2)
        pickled = pickle.dumps(kept)
    with pytest.raises(GraphError, match=f"this {kind} has version 2 of the pickled form, and"):
        pickle.loads(pickled)
    assert pickle.loads(pickle.dumps(kept)) is not kept


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    if not PROGRAM.exists():
        program().save(PROGRAM)
    if not WEIGHTS.exists():
        save(net(), WEIGHTS)
