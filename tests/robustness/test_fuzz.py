"""Whatever a file holds, reading it ends with the object, or with one sentence."""

import contextlib
import gzip
import hashlib
import json
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import nn
from autograd import GraphError, Program, Value, compile, dot, no_grad, operation, softmax, tanh
from autograd import max as largest
from autograd.ops import BY_NAME
from autograd.programs.program_file import MAGIC, PREFIX, TYPES
from autograd.testing.strategies import expressions
from nn.table import TableError, read_table
from tests.autograd.rounding import same

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
import mnist_data

here = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
LONG = 5_000


def hunts(test):
    """The test twice: a short hunt, and a long one that is marked slow."""

    @pytest.mark.parametrize(
        "examples", [30, pytest.param(LONG, marks=pytest.mark.slow)], ids=["short", "long"]
    )
    def hunt(tmp_path, examples):
        settings(here, max_examples=examples)(test)(tmp_path)

    hunt.__name__ = test.__name__
    return hunt


def sentence(error):
    """Whether the message is one line."""
    return "\n" not in str(error) and len(str(error)) < 1000


def said_why(error, path):
    """The message is one line that names the file."""
    if not sentence(error) or str(path) not in str(error):
        raise AssertionError(f"no sentence about {path}: {error!r}") from error


# ── programs ──────────────────────────────────────────────────────────────────


def program_file(path):
    """A program with every kind of instruction, guards, constants and labels."""
    w = [Value(0.1 * k, label=f"w{k}") for k in range(1, 7)]

    def cost(x, y):
        hidden = [tanh(dot(w[:2], [x, y], w[2])), tanh(dot(w[3:5], [x, y], w[5]))]
        p = softmax([*hidden, x])
        return p[0] * p[2] + largest([x, y, 0.25]) + (w[0] if x > 0 else w[1]) + 3.0 * y * y

    f = compile(cost)
    f(0.5, 0.25)
    f.programs[0].save(path)
    return path.read_bytes()


def sealed(rest):
    """The rest of a file under a checksum that holds, so that the parser behind is reached."""
    return PREFIX.pack(MAGIC, 1, len(rest), hashlib.sha256(rest).digest()) + rest


def parts(content):
    """The header and the arrays of a file."""
    rest = content[PREFIX.size :]
    (length,) = struct.unpack_from("<I", rest)
    header, start, arrays = json.loads(rest[4 : 4 + length]), 4 + length, {}
    for name, kind, count in header["arrays"]:
        arrays[name] = np.frombuffer(rest, kind, count, start).copy()
        start += arrays[name].nbytes
    return header, arrays


def put_together(header, arrays):
    text = json.dumps(header).encode()
    body = b"".join(arrays[name].tobytes() for name in TYPES)
    return sealed(struct.pack("<I", len(text)) + text + body)


def computes_what_it_lists(program, columns):
    """Every number from a replay is that of the graph: none is left over from elsewhere."""
    values = [np.full(5, 7.0) for _ in range(program.outputs)]
    program.run(columns, 5, values=values)
    for k in range(5):
        with no_grad():
            recorded = program._replayed([Value(float(c[k])) for c in columns])
        for column, z in zip(values, recorded, strict=True):
            if not same(column[k], z.data):
                raise AssertionError(f"row {k}: {column[k]!r}, not {z.data!r}")


def loads_or_says_why(path):
    """If such a file is loaded, its program is replayed: nothing in it may do harm."""
    try:
        program = Program.load(path)
    except GraphError as error:
        said_why(error, path)
        return
    columns = [np.linspace(-1.0, 1.0, 5)] * program.inputs
    program.fits(columns, 5)
    computes_what_it_lists(program, columns)
    calls = [program, program.value_and_grad, program.backward]
    for call in calls if program.outputs == 1 else calls[:1]:
        try:
            call(*columns)
        except GraphError as error:  # which comes after the replay
            assert program.guarded and "would take another" in str(error)  # noqa: PT017, PT018
    repr(program)


NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-3, 40) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@hunts
@given(data=st.data())
def test_a_program_file_with_other_bytes_under_a_right_checksum(tmp_path, data):
    rest = bytearray(program_file(tmp_path / "p")[PREFIX.size :])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(rest) - 1))
        end = at + data.draw(st.integers(0, 9))
        rest[at:end] = data.draw(st.binary(max_size=9))
    (tmp_path / "p").write_bytes(sealed(bytes(rest)))
    loads_or_says_why(tmp_path / "p")


@hunts
@given(data=st.data())
def test_a_program_file_with_other_numbers_in_its_arrays(tmp_path, data):
    header, arrays = parts(program_file(tmp_path / "p"))
    for _ in range(data.draw(st.integers(1, 3))):
        a = arrays[data.draw(st.sampled_from(sorted(arrays)))]
        assume(len(a))
        k, near = data.draw(st.integers(0, len(a) - 1)), data.draw(st.integers(-3, 3))
        whole = np.iinfo(a.dtype) if a.dtype.kind in "iu" else None
        if data.draw(st.booleans()) and whole:
            a[k] = data.draw(st.integers(int(whole.min), int(whole.max)))
        else:
            a[k] = a[k] + near if whole is None else (int(a[k]) + near) & int(whole.max)
    (tmp_path / "p").write_bytes(put_together(header, arrays))
    loads_or_says_why(tmp_path / "p")


@hunts
@given(data=st.data())
def test_a_program_file_with_another_header(tmp_path, data):
    header, arrays = parts(program_file(tmp_path / "p"))
    key = data.draw(st.sampled_from(sorted(header)))
    if isinstance(header[key], list) and data.draw(st.booleans()):
        k = data.draw(st.integers(0, len(header[key]) - 1))
        header[key][k] = data.draw(JSON)
    elif data.draw(st.booleans()):
        header[key] = data.draw(JSON)
    else:
        del header[key]
    (tmp_path / "p").write_bytes(put_together(header, arrays))
    loads_or_says_why(tmp_path / "p")


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,  # deeper than JSON is read
        b'{"inputs": 1e999}',
        b'{"inputs": -1}',
        b'{"inputs": 1, "arrays": [["role", "<u1", 1e300]]}',
        b'{"inputs": 1, "arrays": [["data", "<f8", 123456789012345678901234567890]]}',
        b'{"inputs": 1, "arrays": [["data", "<f8", 4611686018427387904]]}',
        b"7",
        b"\xff",
    ],
)
def test_headers_that_announce_the_impossible_are_refused(tmp_path, header):
    path = tmp_path / "p"
    path.write_bytes(sealed(struct.pack("<I", len(header)) + header))
    with pytest.raises(GraphError, match="does not hold a program") as error:
        Program.load(path)
    assert sentence(error.value)


OWN = operation("hard_fuzz_own", lambda x: x * x, lambda x, z: 2 * x)


def test_an_operation_of_this_process_s_own_is_not_what_a_file_may_name(tmp_path):
    header, arrays = parts(program_file(tmp_path / "p"))
    for k in range(len(header["operations"])):
        other = {**header, "operations": list(header["operations"])}
        other["operations"][k] = OWN.name
        (tmp_path / "p").write_bytes(put_together(other, arrays))
        with pytest.raises(GraphError, match="'hard_fuzz_own' is not known here"):
            Program.load(tmp_path / "p")


@pytest.mark.parametrize("name", ["hard_fuzz_own", "no_such", "", "Value", "__init__"])
def test_a_pickle_that_names_another_operation_is_refused(name):
    x = Value(0.5)
    kept = pickle.dumps(Program(tanh(x), [x]))
    changed = kept.replace(b"\x8c\x04tanh", b"\x8c" + bytes([len(name)]) + name.encode())
    changed = changed[:2] + changed[2:].replace(
        kept[2:11], struct.pack("<BQ", 0x95, len(changed) - 11), 1
    )
    with pytest.raises(GraphError, match="is not known here"):
        pickle.loads(changed)


@hunts
@given(data=st.data())
def test_a_program_file_whose_nodes_are_other_operations_of_the_table(tmp_path, data):
    header, arrays = parts(program_file(tmp_path / "p"))
    names = st.sampled_from(["", *BY_NAME, OWN.name])
    for k in data.draw(st.sets(st.integers(0, len(header["operations"]) - 1), min_size=1)):
        header["operations"][k] = data.draw(names)
    (tmp_path / "p").write_bytes(put_together(header, arrays))
    loads_or_says_why(tmp_path / "p")


def test_a_number_of_inputs_below_zero_is_refused(tmp_path):
    header, arrays = parts(program_file(tmp_path / "p"))
    header["inputs"] = header["inputs"] - len(arrays["role"]) - 1
    (tmp_path / "p").write_bytes(put_together(header, arrays))
    with pytest.raises(GraphError, match=r"it has -\d+ inputs"):
        Program.load(tmp_path / "p")


def test_a_program_of_no_outputs_that_says_it_has_one_is_refused(tmp_path):
    header, arrays = parts(program_file(tmp_path / "p"))
    arrays["outputs"] = arrays["outputs"][:0]
    header["single"] = True
    header["arrays"] = [[n, k, len(arrays[n])] for n, k, _ in header["arrays"]]
    (tmp_path / "p").write_bytes(put_together(header, arrays))
    with pytest.raises(GraphError, match="its one output is 0"):
        Program.load(tmp_path / "p")


# ── weights ───────────────────────────────────────────────────────────────────


@hunts
@given(data=st.data())
def test_a_file_of_weights_with_other_bytes(tmp_path, data):
    path, model = tmp_path / "net", nn.MLP(2, [2, 1], rng=0)
    nn.save(model, path)
    content, before = bytearray(path.read_bytes()), model.state_dict()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path.write_bytes(content)
    try:
        nn.load(model, path)
    except nn.SavedModelError as error:
        said_why(error, path)
        if model.state_dict() != before:
            raise AssertionError("a file that was refused changed the model") from error


@pytest.mark.parametrize("size", [2**62, 2**40, 2**31])
def test_a_file_that_announces_huge_weights_is_refused_without_allocating(tmp_path, size):
    weights = {"dtype": "F64", "shape": [size], "data_offsets": [0, 8 * size]}
    head = json.dumps({"__metadata__": {"dcdw": "1"}, "w": weights}).encode()
    path = tmp_path / "net"
    for length in (len(head), size):
        path.write_bytes(struct.pack("<Q", length) + head + bytes(64))
        with pytest.raises(nn.SavedModelError) as error:
            nn.load(nn.MLP(2, [1]), path)
        assert sentence(error.value)


# ── tables ────────────────────────────────────────────────────────────────────

CELLS = st.sampled_from(["1", "-2.5", "", " ", "nan", "1e999", "x", '"', '"a\n', "1_0", "\0", "٣"])
TABLES = st.lists(st.lists(CELLS | st.text(max_size=4), max_size=4), max_size=14)


@hunts
@given(rows=TABLES, mark=st.sampled_from(",;\t"), end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
def test_a_table_of_anything(tmp_path, rows, mark, end):
    path = tmp_path / "t.csv"
    text = end.join(["a" + mark + "b", *[mark.join(row) for row in rows]])
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        table = read_table(path, "a")
    except TableError as error:
        said_why(error, path)
    else:
        assert all(len(x) == len(table.columns) for x in table.xs)
        assert np.isfinite([*table.ys, *np.ravel(table.xs)]).all()


@hunts
@given(content=st.binary(max_size=300))
def test_a_file_of_any_bytes_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(TableError) as error:
        read_table(tmp_path / "t.csv", "a")
    assert sentence(error.value)


# ── digits ────────────────────────────────────────────────────────────────────


@hunts
@given(data=st.data())
def test_a_pickle_of_digits_with_other_bytes(tmp_path, data):
    pair = (np.zeros((1, 784), np.float32), np.zeros(1, np.int64))
    content = bytearray(pickle.dumps((pair, pair, pair), protocol=2))
    edges = [*range(250), *range(len(content) - 250, len(content))]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from(edges))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(bytes(content), 1))
    with contextlib.suppress(mnist_data.DataError):
        mnist_data.read(tmp_path / "mnist.pkl.gz")


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02)r\xff\xff\xff\xff.",  # remember () at the last of 2**32 places
        b"cnumpy\nndarray\n(J\0\0\0\x40tR.",  # numpy.ndarray(2**30)
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\0\0\0\x40tU\x01btR.",
    ],
)
def test_a_pickle_of_digits_that_asks_for_gigabytes_is_refused(tmp_path, content):
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(content))
    with pytest.raises(mnist_data.DataError) as error:
        mnist_data.read(tmp_path / "mnist.pkl.gz")
    assert sentence(error.value)


@hunts
@given(head=st.binary(max_size=24), body=st.binary(max_size=40), packed=st.booleans())
def test_idx_files_of_any_bytes_are_refused(tmp_path, head, body, packed):
    magic = b"\0\0\x08\x03"
    content = (magic if len(head) % 2 else b"") + head + body
    for name in ("train-images-idx3", "train-labels-idx1"):
        (tmp_path / f"{name}-ubyte").write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(mnist_data.DataError):
        mnist_data.read(tmp_path)


# ── graphs ────────────────────────────────────────────────────────────────────


@given(expressions(2))
def test_a_pickled_graph_and_its_program_come_back_alike(f):
    xs = [Value(0.5), Value(0.75)]
    z = f(*xs)
    assume(isinstance(z, Value) and not z.constant)
    again, _ = pickle.loads(pickle.dumps((z, xs)))
    assert again.data == z.data or z.data != z.data
    program = Program(z, xs)
    assert pickle.loads(pickle.dumps(program)).source() == program.source()
