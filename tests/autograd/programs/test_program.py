"""Programs: what is replayed is what was recorded, bit for bit."""

import contextlib
import copy
import math
import os
import pickle
import subprocess
import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd
from autograd import GraphError, Program, Value, dot, exp, log, sin, where
from autograd.testing.strategies import Expression, expressions, floats_in
from tests.autograd.engine.test_dealloc import statm
from tests.autograd.functions import made, written
from tests.autograd.rounding import close, errors, same

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e-300, 5e-324]
NUMBERS = st.one_of(floats_in(), st.sampled_from(SPECIAL))
ROWS = st.integers(1, 67)


def recorded(f, inputs, weights):
    xs, ws = [Value(x) for x in inputs], [Value(w) for w in weights]
    z = f(*xs, *ws)
    return (z if isinstance(z, Value) else Value(z).detach()), xs, ws


@st.composite
def batches(draw):
    """A random program of three inputs and two weights, and the rows to run it on."""
    f = draw(expressions(5, max_nodes=12, smooth=False))
    count = draw(ROWS)
    few = draw(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6))
    rows = [few[k % len(few)] for k in range(count)]
    return f, rows, draw(st.tuples(NUMBERS, NUMBERS))


@settings(max_examples=300)
@example(  # rows are added up before a product that underflows
    (Expression(5, (("erf", (4,)), ("mul", (5, 1)))), [(0.0, 1e-300, 0.0)] * 67, (0.0, 5.3))
)
@given(batches())
def test_values_are_eager_ones_to_the_last_bit_and_gradients_to_rounding(batch):
    f, rows, weights = batch
    z, xs, ws = recorded(f, rows[-1], weights)
    program = Program(z, xs)
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    values, grads = program.value_and_grad(*columns)
    assert all(same(a, b) for a, b in zip(values, program(*columns), strict=True))
    for w in ws:
        w.grad = 0.0
    program.backward(*columns, reduce="sum")
    sums, offs = [0.0, 0.0], [0.0, 0.0]
    for k, row in enumerate(rows):
        eager, own, own_weights = recorded(f, row, weights)
        assert same(eager.data, values[k])
        if not eager.constant:
            eager.backward()
        off = errors(eager)
        for j, x in enumerate(own):
            assert close(grads[j][k], x.grad, off[id(x)])
        for j, w in enumerate(own_weights):
            sums[j] += w.grad
            offs[j] += off[id(w)]
    for j, w in enumerate(ws):
        assert close(w.grad, sums[j], offs[j])


@given(expressions(3, max_nodes=10, smooth=False), st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_a_program_of_numbers_gives_floats(f, numbers):
    z, xs, _ = recorded(f, numbers, ())
    out = Program(z, xs)(*numbers)
    assert type(out) is float
    assert same(out, z.data)


@given(
    expressions(3, max_nodes=10), st.lists(st.tuples(*[floats_in()] * 3), min_size=2, max_size=9)
)
def test_forward_mode_is_the_eager_one(f, rows):
    z, xs, _ = recorded(f, rows[0], ())
    program = Program(z, xs)
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    values, moved = program.jvp(columns, [1.0, -2.0, 0.5])
    for k, row in enumerate(rows):
        value, expected = autograd.jvp(f, row, (1.0, -2.0, 0.5))
        off = max(errors(recorded(f, row, ())[0]).values(), default=0.0)
        assert same(values[k], value)
        assert close(moved[k], expected, 400 * off) or not math.isfinite(expected)


@settings(max_examples=40)
@given(expressions(2, max_nodes=6), st.lists(st.tuples(*[floats_in()] * 2), min_size=1, max_size=5))
def test_the_hessian_is_the_eager_one(f, rows):
    z, xs, _ = recorded(f, rows[0], ())
    result = Program(z, xs).hessian(*[np.array(c) for c in zip(*rows, strict=True)])
    for k, row in enumerate(rows):
        expected = np.array(autograd.hessian(lambda x: f(*x))(list(row)))
        if np.isfinite(expected).all():
            assert np.allclose(
                result[k], expected, rtol=1e-10, atol=1e-10 * (1 + abs(expected).max())
            )


def test_where_and_pow_have_the_hessian_of_the_arm_each_row_takes():
    x, y = Value(1.0), Value(2.0)
    program = Program(where(x, x**3 * y, x * y**2) + y**x, [x, y])
    rows = [(1.0, 2.0), (0.0, 3.0), (2.0, 0.5), (0.0, 1.0)]
    result = program.hessian(*map(np.array, zip(*rows, strict=True)))
    for k, row in enumerate(rows):
        f = lambda v: where(v[0], v[0] ** 3 * v[1], v[0] * v[1] ** 2) + v[1] ** v[0]  # noqa: E731
        assert np.allclose(result[k], autograd.hessian(f)(list(row)))


def test_derivatives_that_were_recorded_compile_too():
    x = Value(0.3)
    y = sin(x) * exp(x)
    (first,) = autograd.gradients(y, [x], create_graph=True)
    (second,) = autograd.gradients(first, [x], create_graph=True)
    program = Program([first, second], [x])
    at = np.array([0.1, 0.7, -2.0])
    one, two = program(at)
    assert np.allclose(one, np.exp(at) * (np.sin(at) + np.cos(at)))
    assert np.allclose(two, 2 * np.exp(at) * np.cos(at))


def test_sums_of_products_written_by_hand_become_one_instruction():
    x, w, b = [Value(float(k)) for k in range(8)], [Value(0.1 * k) for k in range(8)], Value(1.0)
    z = b
    for wi, xi in zip(w, x, strict=True):
        z = z + wi * xi
    by_sum = sum(wi * xi for wi, xi in zip(w, x, strict=True)) * 2.0
    assert (
        repr(Program(z, x))
        == "Program(8 inputs → 1 outputs, 9 weights, 16 operations in 1 instructions)"
    )
    assert Program(z, x)(*range(8)) == z.data
    assert Program(by_sum, x)(*range(8)) == by_sum.data


def test_unused_steps_are_dropped_and_repeated_ones_computed_once():
    x = Value(0.5)
    _unused = exp(x)
    y = sin(x) * sin(x) + Value(2.0).detach() * 3.0
    assert len(Program(y, x)) == 4
    assert "in 3 instructions" in repr(Program(y, x))
    assert "in 0 instructions" in repr(Program(x, x))


def test_a_weight_is_read_anew_and_shared_by_the_rows():
    x, w = Value(2.0), Value(3.0)
    program = Program(x * w, x)
    w.data = 5.0
    assert program(2.0) == 10.0
    assert program.backward(np.array([1.0, 2.0, 6.0])) == 15.0
    assert w.grad == 3.0
    program.backward(np.array([1.0, 2.0, 6.0]), reduce="sum")
    assert w.grad == 12.0
    assert program.weights == [w]


def test_several_outputs_give_a_list_and_a_jacobian():
    x, y = Value(2.0), Value(3.0)
    program = Program([x * y, x + y, Value(7.0).detach()], [x, y])
    assert program(4.0, 5.0) == [20.0, 9.0, 7.0]
    assert program.jacobian(4.0, 5.0).tolist() == [[5.0, 4.0], [1.0, 1.0], [0.0, 0.0]]
    assert program.jacobian(np.ones(4), 5.0).shape == (4, 3, 2)
    with pytest.raises(TypeError, match="one output, and this one has 3; use jacobian"):
        program.value_and_grad(1.0, 2.0)


def test_inputs_may_be_computed_values_and_stand_for_themselves():
    x = Value(2.0)
    y = x * x
    assert Program(y * x, [y])(10.0) == 20.0


def test_zero_rows_give_zero_rows():
    x, w = Value(2.0), Value(3.0)
    program = Program(x * w, x)
    assert program(np.array([])).shape == (0,)
    assert program.backward(np.array([]), reduce="sum") == 0.0
    with pytest.raises(ValueError, match="zero rows have no mean"):
        program.backward(np.array([]))


def test_refusals_say_what_to_write():
    x, y = Value(2.0), Value(3.0)
    program = Program(x * y, [x, y])
    for wrong, kind, words in [
        (lambda: program(1.0), TypeError, "takes 2 inputs, not 1"),
        (lambda: program("1", 2.0), TypeError, "takes numbers and arrays"),
        (lambda: program(x, 2.0), TypeError, "write v.data"),
        (lambda: program(np.ones((2, 2)), 2.0), ValueError, "one number a row"),
        (lambda: program(np.ones(2), np.ones(3)), ValueError, "agree in number"),
        (lambda: program(np.ones(2), 1.0, threads=0), ValueError, "from 1 on"),
        (lambda: program.backward(1.0, 2.0, reduce="max"), ValueError, '"mean" or "sum"'),
        (lambda: program.jvp([1.0, 2.0], [1.0]), TypeError, "as many tangents"),
        (lambda: program.source("fortran"), ValueError, '"python" or "c"'),
        (lambda: Program(2.0, [x]), TypeError, "not iterable"),
        (lambda: Program([2.0], [x]), TypeError, "are Values"),
        (lambda: Program(x, [x, x]), ValueError, "named twice"),
    ]:
        with pytest.raises(kind, match=words):
            wrong()


def test_operations_of_users_are_written_out_or_refused():
    cube = autograd.operation("cube_plus", lambda x, y: x * x * x + exp(y))
    x, y = Value(2.0), Value(0.0)
    assert Program(cube(x, y) * 2.0, [x, y])(3.0, 0.0) == 56.0
    own = autograd.operation("own_partials", lambda x: x * x, lambda x, z: 2 * x)
    with pytest.raises(GraphError, match="own_partials has partials of its own"):
        Program(own(x), [x])


def test_the_source_in_python_computes_the_same():
    x, w = Value(2.0), Value(0.5)
    program = Program(dot([x, w], [w, x], 1.0) + where(x, x**w, 0.0) + math.inf, [x])
    scope = {**vars(autograd)}
    exec(program.source(), scope)
    assert scope["program"](2.0) == program(2.0)
    assert "t0 = dot([x0, w0], [w0, x0], 1.0)" in program.source()


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.lists(NUMBERS, min_size=3, max_size=3))
def test_the_source_in_python_of_any_function_gives_its_bits(rng, weights):
    f, _ = made(written(rng, outputs=2), weights)
    limit = rng.choice([math.inf, -math.inf, math.nan, 0.5])

    def branching(x, y):
        first, second = f(x, y)
        return [first, second, -first] if first <= limit else [second, first, second]

    compiled = autograd.compile(branching)
    for _ in range(3):
        row = [rng.choice([*SPECIAL, 0.5, -1.25]) for _ in range(2)]
        result = compiled(*row)
        ran = []
        for program in compiled.programs:
            scope = {name: getattr(autograd, name) for name in autograd.__all__}
            exec(program.source(), scope)
            with contextlib.suppress(ValueError):  # another path
                ran.append(scope["program"](*row))
        assert len(ran) == 1
        assert all(same(a, b) for a, b in zip(ran[0], result, strict=True))


def test_the_source_in_python_divides_by_zero_and_knows_infinity_and_nan():
    f = autograd.compile(lambda x: 1.0 / x if x < math.inf and not x > math.nan else x * 0.0)
    w = Value(-math.inf)
    for function, row in ((f, 0.0), (autograd.compile(lambda x: [x / w, w, math.nan]), 2.0)):
        result = function(row)
        scope = {name: getattr(autograd, name) for name in autograd.__all__}
        exec(function.programs[0].source(), scope)
        assert np.array_equal(scope["program"](row), result, equal_nan=True)


@pytest.mark.skipif(sys.platform == "win32", reason="calls cc")
def test_the_source_in_c_compiles_alone_and_computes_the_same(tmp_path):
    x, w = Value(2.0), Value(0.5)
    program = Program(autograd.softmax(x * w, exp(x), -3.0)[1] + log(x), [x])
    text = program.source("c")
    text += "#include <stdio.h>\nint main(void) { double x = 2.0, w = 0.5, z;"
    text += 'program(&x, &w, &z); printf("%a", z); }\n'
    (tmp_path / "p.c").write_text(text)
    options = ["-O2", "-ffp-contract=off", "-o", str(tmp_path / "p"), str(tmp_path / "p.c"), "-lm"]
    subprocess.run(["cc", *options], check=True)
    shown = subprocess.run([str(tmp_path / "p")], capture_output=True, text=True, check=True)
    assert float.fromhex(shown.stdout) == program(2.0)


def test_a_program_is_pickled_with_its_weights():
    x, w = Value(2.0), Value(3.0, label="w")
    program, own = pickle.loads(pickle.dumps((Program(x * w, x), w)))
    own.data = 4.0
    assert program(2.0) == 8.0
    assert copy.deepcopy(program)(2.0) == 8.0


def test_a_pickled_program_names_its_operations_as_their_codes_may_change():
    x, w = Value(2.0), Value(3.0)
    listing = Program(sin(x * w) - w, x).graph
    state = listing.__getstate__()
    assert state["operations"] == ["", "mul", "sin", "sub"]
    state["operations"] = ["", "sub", "mul", "sin"]  # as another table would order them
    state["code"] = np.array([0, 2, 3, 1], np.uint16)[state["code"]]
    again = type(listing).__new__(type(listing))
    with pytest.raises(GraphError, match="not known here"):
        again.__setstate__({**state, "operations": ["", "mul", "sine", "sub"]})
    again.__setstate__(state)
    assert again.code.tolist() == listing.code.tolist()


def saved(tmp_path):
    x, w = Value(2.0), Value(3.0, label="w")
    program = Program(sin(x * w) + autograd.max(x, w), x)
    w.data = 4.0
    program.save(tmp_path / "p")
    return program, tmp_path / "p"


def test_a_program_is_saved_and_loaded(tmp_path):
    program, path = saved(tmp_path)
    again = Program.load(path)
    assert again(0.7) == program(0.7)
    assert [(w.data, w.label) for w in again.weights] == [(4.0, "w")]


def test_a_damaged_file_is_recognised_wherever_the_damage_is(tmp_path):
    _, path = saved(tmp_path)
    whole = path.read_bytes()
    for k in range(len(whole)):
        path.write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
        with pytest.raises(GraphError, match=r"not a program|version|cut short|altered"):
            Program.load(path)
    for k in range(0, len(whole), 7):
        path.write_bytes(whole[:k])
        with pytest.raises(GraphError, match=r"not a program|cut short"):
            Program.load(path)


def test_threads_replay_one_program_at_once_and_split_a_batch():
    x, w = Value(2.0), Value(0.3)
    program = Program(sin(x * w) * exp(w), x)
    at = np.linspace(-3, 3, 10_001)
    alone, (slope,) = program.value_and_grad(at)
    split, (own,) = program.value_and_grad(at, threads=3)
    assert (alone == split).all()
    assert (slope == own).all()
    program.backward(at, threads=4)
    split_grad, w.grad = w.grad, 0.0
    program.backward(at)
    assert split_grad == pytest.approx(w.grad, rel=1e-13)
    wrong = []

    def work():
        for n in range(1, 200):
            if not (program(at[:n]) == alone[:n]).all():
                wrong.append(n)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_threads_that_ask_one_program_for_hessians_at_once_get_their_own():
    x, y = Value(2.0), Value(3.0)
    program = Program(x**y + sin(x * y), [x, y])
    points = [np.array(point) for point in [(0.0, 0.0), (0.0, 2.0), (2.0, 0.5), (1.0, 3.0)]]
    expected = [Program(x**y + sin(x * y), [x, y]).hessian(*at) for at in points]
    start, differ = threading.Barrier(4), []

    def work(k):
        start.wait()
        for j in range(40):
            at = (j + k) % 4
            if not np.array_equal(program.hessian(*points[at]), expected[at], equal_nan=True):
                differ.append(points[at])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not differ


def test_an_error_in_one_thread_is_raised_by_the_call():
    class Tape:
        weights = ()

        def run(self, columns, rows, first=0, **arrays):
            if first:
                raise MemoryError("no memory is left for the program")

    x = Value(2.0)
    program = Program(sin(x), x)
    program.tape = Tape()
    with pytest.raises(MemoryError, match="no memory is left"):
        program(np.ones(100), threads=3)


def test_a_buffer_holds_inputs_outputs_and_derivatives():
    x, y, w = Value(2.0), Value(3.0), Value(5.0)
    buffer = Program(x * y * w + w, [x, y]).buffer()
    buffer.inputs[:] = 4.0, 6.0
    buffer()
    assert buffer.outputs.tolist() == [125.0]
    assert buffer.grads.tolist() == [30.0, 20.0]
    assert buffer.weight_grads.tolist() == [25.0]
    w.data = 1.0
    buffer()
    assert buffer.outputs.tolist() == [25.0]


PEAK = """
import numpy as np, re, sys
from autograd import Program, Value, sin

def peak():
    text = open("/proc/self/status").read()
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", text).group(1))

length, rows = map(int, sys.argv[1:])
x = z = Value(1.0)
for _ in range(length):
    z = sin(z) + x
at, column = peak(), np.zeros(rows)
program = Program(z, x)
program.value_and_grad(column[:100])
built = peak()
program.value_and_grad(column)
print(built - at, peak() - built)
"""


def peak_of(length, rows):
    """The most memory at any moment, in a process of its own: of making a program of so many
    steps and replaying 100 rows, and what replaying `rows` rows adds."""
    shown = subprocess.run(
        [sys.executable, "-c", PEAK, str(length), str(rows)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [int(number) for number in shown.split()]


@pytest.mark.thorough
@pytest.mark.skipif(not statm.exists(), reason="memory is read from Linux' /proc")
def test_peak_memory_does_not_depend_on_the_batch_and_is_linear_in_the_graph():
    few, more = peak_of(2000, 50_000)
    assert more < 4_000_000  # the results; all slots of all rows would be 1.6 GB
    few, many = peak_of(100_000, 100)[0], peak_of(200_000, 100)[0]
    assert many < 2.4 * few


@pytest.mark.usefixtures("patient_switching")
def test_replay_releases_the_interpreter_lock():
    x = z = Value(0.5)
    for _ in range(200):
        z = sin(z) + x
    program, column = Program(z, x), np.ones(100_000)
    begun, done, turns = threading.Event(), [], 0

    def work():
        begun.set()
        program(column)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    while not done:
        turns += 1
        time.sleep(0)
    thread.join()
    assert turns > 0


@pytest.fixture
def patient_switching():
    """No thread is made to let another have its turn: it has to give way by itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60.0)
    yield
    sys.setswitchinterval(before)


def test_a_buffer_allocates_nothing():
    xs = [Value(0.1 * k) for k in range(50)]
    buffer = Program(exp(dot(xs, xs)) + Value(2.0), xs).buffer()
    buffer()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(100):
            buffer()
        assert tracemalloc.get_traced_memory()[1] - before < 200  # the loop's own number
    finally:
        tracemalloc.stop()


@pytest.mark.thorough
@pytest.mark.parametrize("vectors", ["plain", "avx2"])
def test_every_width_of_vectors_gives_the_same_bits(vectors):
    script = (
        "import numpy as np, nn, random; from autograd import Program, Value\n"
        "model = nn.MLP(5, [9, 7, 1], activation='tanh', rng=random.Random(1))\n"
        "x = [Value(0.1 * k) for k in range(5)]\n"
        "at = np.linspace(-2, 2, 5 * 67).reshape(5, 67)\n"
        "print(Program(model(x), x)(*at).tobytes().hex())"
    )
    shown = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True,
            env={"AUTOGRAD_VECTORS": v, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for v in (vectors, "avx512")
    ]  # fmt: skip
    assert shown[0] == shown[1]


@given(
    st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=1, max_size=9),
    st.permutations(range(4)),
    st.integers(1, 4),
)
@example([[0.0, 0.0, 0.75, 359.0]], [0, 1, 2, 3], 2)  # softmaxes whose products underflow
def test_the_softmaxes_of_one_call_are_one_instruction_with_the_eager_bits(rows, order, used):
    xs = [Value(x) for x in rows[0]]
    scale = [3.0, -1.0, 0.5, 2.0]

    def f(xs):
        given = autograd.softmax([exp(x) if k == 2 else x for k, x in enumerate(xs)])
        return autograd.sum([given[k] * scale[k] for k in order[:used]])

    program = Program(f(xs), xs)
    assert len(program.tape) <= 4
    values, grads = program.value_and_grad(*[np.array(c) for c in zip(*rows, strict=True)])
    for k, row in enumerate(rows):
        eager = f(own := [Value(x) for x in row])
        eager.backward()
        off = errors(eager)
        assert same(eager.data, values[k])
        for j, x in enumerate(own):
            assert close(grads[j][k], x.grad, off[id(x)])
