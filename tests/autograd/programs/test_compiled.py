"""compile: a traced function answers as the function itself does."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import GraphError, Value, compile, exp, log, sin, sqrt, stop_gradient
from autograd.testing.strategies import expressions, floats_in
from tests.autograd.programs.test_program import NUMBERS
from tests.autograd.rounding import same


def black_scholes(spot, sigma, time):
    d = (log(spot / 95.0) + (0.02 + sigma * sigma / 2) * time) / (sigma * sqrt(time))
    return spot * autograd.ndtr(d) - 95.0 * exp(-0.02 * time) * autograd.ndtr(
        d - sigma * sqrt(time)
    )


def test_numbers_give_floats_and_arrays_give_arrays():
    price = compile(black_scholes)
    spots, times = np.linspace(80, 120, 21), np.linspace(0.1, 2, 21)
    assert type(price(100.0, 0.2, 1.0)) is float
    result = price(spots, 0.2, times)
    assert result.tolist() == [black_scholes(s, 0.2, t) for s, t in zip(spots, times, strict=True)]
    value, grads = price.value_and_grad(spots, 0.2, times)
    assert (value == result).all()
    for k in range(21):
        eager = autograd.grad(black_scholes, (0, 1, 2))(spots[k], 0.2, times[k])
        assert np.allclose([g[k] for g in grads], eager, rtol=1e-13)
    assert len(price.programs) == 1


@settings(max_examples=60)
@given(
    expressions(3, max_nodes=8, smooth=False),
    st.lists(st.tuples(*[NUMBERS] * 3), min_size=1, max_size=9),
)
def test_any_program_answers_as_it_does_eagerly(f, rows):
    compiled = compile(lambda a, b, c: f(a, b, c) * 1.0)
    result = compiled(*map(np.array, zip(*rows, strict=True)))
    for k, row in enumerate(rows):
        eager = f(*map(Value, row)) * 1.0
        assert same(result[k], eager.data)
        assert same(compiled(*row), eager.data)


def collatz_like(x):
    """Loops and branches on the data."""
    steps = 0
    y = x
    while y > 1.0 and steps < 40:
        y = y / 2 if y < 8.0 else y - 3 * sqrt(y)
        steps += 1
    if y == 1.0:
        return y * x
    return y + steps * x if y else x


@given(st.lists(floats_in(), min_size=1, max_size=30))
def test_every_row_takes_its_own_path(xs):
    compiled = compile(collatz_like)
    values, (slopes,) = compiled.value_and_grad(np.array(xs))
    for k, x in enumerate(xs):
        eager = collatz_like(v := Value(x))
        eager.backward()
        assert same(eager.data, values[k])
        assert slopes[k] == pytest.approx(v.grad, rel=1e-13)
    traced = len(compiled.programs)
    assert [compiled(x) for x in xs] == values.tolist()
    assert len(compiled.programs) == traced


def folded(rows, times, flip):
    """Nested lists, a loop as long as an argument says, branches on data and on a static."""
    total = 0.5
    for row in rows:
        s = sum(row)
        total = total + s * s if s > total else total - s
    for k in range(times):
        total = total * 0.5 + (k if flip else sin(total))
    return [total, {"rows": [sum(row) for row in rows]}]


SHORT = st.lists(st.lists(floats_in(), min_size=1, max_size=3), min_size=1, max_size=3)


@given(st.lists(st.tuples(SHORT, st.integers(0, 4), st.booleans()), min_size=1, max_size=5))
def test_nested_lists_and_loops_as_long_as_an_argument_equal_eager(calls):
    compiled = compile(folded, static="times")
    for rows, times, flip in calls:
        total, parts = compiled(rows, times, flip)
        eager, own = folded([[Value(x) for x in row] for row in rows], times, flip)
        assert same(total, eager.data)
        assert all(same(a, b.data) for a, b in zip(parts["rows"], own["rows"], strict=True))


def test_one_path_of_a_function_refuses_what_would_take_another():
    w = Value(2.0)
    f = compile(lambda x: x * w if x > 0 else -x)
    f(1.0)
    (path,) = f.programs
    rows = np.array([1.0, 3.0, -1.0])
    assert path.guarded
    assert path(rows[:2])[0].tolist() == [2.0, 6.0]
    assert path.hessian(rows[:2]).tolist() == [[[0.0]], [[0.0]]]
    for wrong in (
        lambda: path(rows),
        lambda: path(rows, threads=2),
        lambda: path.value_and_grad(rows),
        lambda: path.backward(rows),
        lambda: path.jvp([rows], [1.0]),
        lambda: path.jacobian(rows),
        lambda: path.hessian(rows),
        lambda: pickle.loads(pickle.dumps(path))(rows),
    ):
        with pytest.raises(GraphError, match="one path of a function that branches, and row 2"):
            wrong()
    assert w.grad == 0.0
    with pytest.raises(GraphError, match="and these numbers would take another"):
        path(-1.0)
    with pytest.raises(GraphError, match="a buffer does not check"):
        path.buffer()


def test_the_source_of_one_path_checks_which_path_it_is():
    f = compile(lambda x: x * 2 if x > 0 and not x == 7 else -x)  # noqa: SIM201
    f(1.0)
    scope = {}
    exec(f.programs[0].source(), scope)
    assert scope["program"](3.0) == 6.0
    for other in (-3.0, 7.0, math.nan):
        with pytest.raises(ValueError, match="another path"):
            scope["program"](other)
    text = f.programs[0].source("c")
    assert "if (!(x0 > (0.0) && !(x0 == (7.0))))\n        for (int i = 0; i < 1; i++)" in text


def test_a_count_that_is_no_static_says_how_to_make_it_one():
    @compile
    def power(x, n):
        return autograd.prod([x for _ in range(n)])

    with pytest.raises(TypeError, match=r'power uses .* a count .* compile\(power, static="n"\)'):
        power(2.0, 3)


def test_nan_takes_the_path_of_nan():
    f = compile(lambda x: x * 2 if x > 0 else x * 3)
    assert f(np.array([1.0, math.nan, -1.0])).tolist()[::2] == [2.0, -3.0]
    assert f(math.inf) == math.inf


def test_gradients_of_weights_come_from_each_row_s_own_path():
    w = Value(2.0)
    cost = compile(lambda x: w * x if x > 0 else w * w * x)
    assert cost.backward(np.array([1.0, -1.0, 3.0]), reduce="sum") == 2.0 - 4.0 + 6.0
    assert w.grad == 1.0 - 4.0 + 3.0


def test_weights_are_read_anew_and_branches_on_them_are_guarded():
    w = Value(2.0)
    f = compile(lambda x: x * w if w > 0 else x)
    assert f(3.0) == 6.0
    w.data = 4.0
    assert f(3.0) == 12.0
    w.data = -1.0
    assert f(3.0) == 3.0


def test_a_net_trains_as_it_does_eagerly():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    model = nn.MLP(3, [5, 4, 1], activation="tanh")
    sgd = nn.SGD(model.parameters(), lr=0.05, momentum=0.5)

    @compile
    def cost(x, t):
        return (model(x) - t) ** 2

    for _ in range(3):
        sgd.zero_grad()
        eager = autograd.mean([(model(list(x)) - t) ** 2 for x, t in zip(X, y, strict=True)])
        eager.backward()
        expected = [p.grad for p in sgd.params]
        sgd.zero_grad()
        assert cost.backward(X, y) == pytest.approx(eager.data, rel=1e-13)
        assert np.allclose([p.grad for p in sgd.params], expected, rtol=1e-11, atol=1e-14)
        sgd.step()
    assert len(cost.programs) == 1
    assert "2 programs" in repr(cost) or "1 programs" in repr(cost)


def test_structures_come_back_in_their_own_form():
    @compile
    def f(point, scale):
        return {"sum": (point["x"] + sum(point["ys"])) * scale, "all": [point["x"], scale]}

    assert f({"x": 1.0, "ys": (2.0, 3)}, 2.0) == {"sum": 12.0, "all": [1.0, 2.0]}
    batch = f({"x": np.arange(3.0), "ys": (1.0, np.ones(3))}, 2)
    assert batch["sum"].tolist() == [4.0, 6.0, 8.0]
    assert batch["all"][1].tolist() == [2.0, 2.0, 2.0]
    assert len(f.programs) == 1
    f({"x": 1.0, "ys": (2.0,)}, 2.0)
    assert len(f.programs) == 2
    g = compile(lambda p, q: p["x"] * p["ys"][1] * q)
    _, (dp, dq) = g.value_and_grad({"x": 2.0, "ys": (2.0, 3.0)}, 5.0)
    assert (dp, dq) == ({"x": 15.0, "ys": (0.0, 10.0)}, 6.0)


def test_arrays_of_more_dimensions_are_batches_of_lists():
    f = compile(lambda rows: sum(x * y for x, y in zip(*rows, strict=True)))
    X = np.arange(24.0).reshape(4, 2, 3)
    value, (grad,) = f.value_and_grad(X)
    assert (value == (X[:, 0] * X[:, 1]).sum(1)).all()
    assert (grad == X[:, ::-1]).all()


def test_an_array_of_another_shape_is_another_structure():
    f = compile(lambda rows: sum((k + 1) * row[0] for k, row in enumerate(rows)))
    X = np.arange(24.0)
    for shape in ((4, 2, 3), (4, 3, 2), (4, 6, 1), (2, 2, 6)):
        rows = X.reshape(shape)
        assert f(rows).tolist() == [
            float(sum((k + 1) * r[0] for k, r in enumerate(x))) for x in rows
        ]
    f(X[:12].reshape(2, 2, 3))  # fewer rows of a shape that is known
    assert len(f.programs) == 4


def test_a_static_selects_a_program_of_its_own():
    @compile(static="n")
    def f(x, how, n=1):
        y = x
        for _ in range(n):
            y = y * x if how == "times" else y + x
        return y

    assert f(3.0, "times", 2) == 27.0
    assert f(3.0, "plus", n=2) == 9.0
    assert f(3.0, "plus", n=3) == 12.0
    assert f(np.array([1.0, 2.0]), "plus", n=3).tolist() == [4.0, 8.0]
    assert len(f.programs) == 3
    assert f.value_and_grad(3.0, "times", 2)[1] == (27.0, None, 2)


def test_numbers_that_are_closed_over_are_not_baked_in():
    scale = 2.0
    f = compile(lambda x: x * scale)
    assert f(3.0) == 6.0
    scale = 5.0
    assert f(3.0) == 15.0


def test_detach_and_no_grad_stay_live():
    f = compile(lambda x: x * x.detach() + stop_gradient(x))
    assert f(2.0) == 6.0
    assert f(3.0) == 12.0
    assert f.value_and_grad(3.0)[1] == (3.0,)

    @compile
    def g(x):
        with autograd.no_grad():
            y = x * x + autograd.sum([x, 1.0]) + autograd.clip(x, 0, 1)
        return y * x

    assert g(2.0) == 16.0
    assert g.value_and_grad(3.0) == (42.0, (14.0,))


@given(st.lists(floats_in(), min_size=1, max_size=5))
def test_derivatives_inside_are_compiled(xs):
    f = lambda x: autograd.sin(x) * x**3 + autograd.relu(x)  # noqa: E731
    second = compile(autograd.grad(autograd.grad(f)))
    result = second(np.array(xs))
    for k, x in enumerate(xs):
        assert result[k] == pytest.approx(autograd.grad(autograd.grad(f))(x), rel=1e-10, abs=1e-10)


def test_a_compiled_function_inside_another_and_of_values_is_recorded():
    inner = compile(lambda x: x * x)
    outer = compile(lambda x: inner(x) + inner(x + 1))
    assert outer(2.0) == 13.0
    x = Value(3.0)
    inner(x).backward()
    assert x.grad == 6.0
    assert autograd.grad(inner)(4.0) == 8.0


def test_numpy_s_functions_and_comparisons_are_traced():
    f = compile(lambda x: np.exp(x) if np.float64(1.0) < x else np.float64(2.0) * x)
    assert f(np.array([0.0, 2.0])).tolist() == [0.0, math.exp(2.0)]


def test_users_operations_are_compiled_where_they_can_be():
    cube = autograd.operation("cube_c", lambda x: x**3 if x > 0 else x)
    f = compile(lambda x: cube(x) + 1)
    assert f(np.array([2.0, -2.0])).tolist() == [9.0, -1.0]
    own = autograd.operation("own_c", lambda x: x * x, lambda x, z: 2 * x)
    with pytest.raises(GraphError, match="own_c has partials of its own"):
        compile(own)(2.0)
    sine = autograd.operation("sine_c", lambda x: math.sin(x))
    with pytest.raises(GraphError, match="sine_c cannot be compiled"):
        compile(sine)(2.0)


def test_operations_of_users_are_written_out_in_decisions_and_beside_no_grad():
    cube = autograd.operation("cube_d", lambda x: x**3 if x > 0 else x)
    c = cube(Value(2.0))
    decided = compile(lambda x: x * c if c > x else x)
    assert decided(np.array([1.0, 9.0, -1.5])).tolist() == [8.0, 9.0, -12.0]

    @compile
    def product(x):
        with autograd.no_grad():
            y = x * x
        return y * x + c

    assert product.value_and_grad(3.0)[1] == (9.0,)


def test_zero_rows_are_answered():
    f = compile(lambda x: [x * 2, x])
    assert [z.shape for z in f(np.empty(0))] == [(0,), (0,)]
    g = compile(lambda x: x * 2)
    assert g.backward(np.empty(0), reduce="sum") == 0.0
    with pytest.raises(ValueError, match="zero rows have no mean"):
        g.backward(np.empty(0))


def test_a_number_may_be_what_is_returned():
    assert compile(lambda x: 3.0)(1.0) == 3.0
    assert compile(lambda x: 3)(np.ones(2)).tolist() == [3.0, 3.0]


def appends(kept=[]):  # noqa: B006 (that it keeps is the point)
    def f(x):
        kept.append(x)
        return x

    return f


def counts():
    n = 0

    def f(x):
        nonlocal n
        n += 1
        return x * n

    return f


leaf = Value(1.0)


def sets_data(x):
    leaf.data = 2.0
    return x


def sets_grad(x):
    leaf.grad = 0.0
    return x


def goes_back(x):
    (x * x).backward()
    return x


@pytest.mark.parametrize(
    ("f", "kind", "words"),
    [
        (lambda x: x.data * 2, GraphError, "v.data inside a compiled function"),
        (lambda x: leaf.data * x, GraphError, "v.data inside a compiled function"),
        (lambda x: x.item(), GraphError, r"v.item\(\) inside"),
        (lambda x: float(f"{x:.3f}") * x, GraphError, "a number as text inside"),
        (lambda x: None, TypeError, "is None; a compiled function returns"),
        (lambda x: "text", TypeError, "is 'text'; a compiled function returns"),
        (appends(), GraphError, "changes 'kept', which it closes over"),
        (counts(), GraphError, "changes 'n', which it closes over"),
        (sets_data, GraphError, "setting data inside a compiled function"),
        (sets_grad, GraphError, "setting grad inside a compiled function"),
        (goes_back, GraphError, r"backward\(\) inside a compiled function"),
    ],
)
def test_functions_that_cannot_be_replayed_are_refused(f, kind, words):
    compiled = compile(f)
    for _ in range(2):
        with pytest.raises(kind, match=words):
            compiled(1.0)
    assert not compiled.programs
    assert Value(2.0).data == 2.0  # the trace is over


def test_arguments_that_do_not_fit_are_refused():
    f = compile(lambda x, y: x * y)
    for wrong, kind, words in [
        (lambda: f(np.ones(2), np.ones(3)), ValueError, "has 3 rows, but an array before it has 2"),
        (lambda: f(np.array(["a"]), 1.0), TypeError, "real numbers are needed"),
        (lambda: f({1}, 2.0), TypeError, "neither a number nor a static"),
        (lambda: f.backward(1.0, 2.0, reduce="most"), ValueError, '"mean" or "sum"'),
        (lambda: compile(lambda x: [x, x]).backward(1.0), TypeError, "returns one number"),
        (lambda: f.value_and_grad(Value(1.0), 2.0), TypeError, "takes numbers and arrays"),
        (lambda: compile(3), TypeError, "takes a function"),
        (lambda: compile(f, threads=0), ValueError, "from 1 on, not 0"),
        (lambda: compile(collatz_like, static="n"), ValueError, "no parameter of collatz_like"),
    ]:
        with pytest.raises(kind, match=words):
            wrong()


def test_a_function_that_does_not_decide_alike_is_refused():
    def fickle(x):
        fickle.threshold += 1
        return x if x > fickle.threshold else -x

    fickle.threshold = 0
    with pytest.raises(GraphError, match=r"changes 'fickle.threshold', which it closes over"):
        compile(fickle)(1.5)


class Counter:
    def __init__(self):
        self.calls, self.seen, self._cache = 0, [], {}

    def count(self, x):
        self.calls += 1
        return x * 2

    def keep(self, x):
        self.seen.append(x)
        return x * 2

    def cache(self, x):
        self._cache["last"] = x
        return x * 2


@pytest.mark.parametrize("what", ["calls", "seen"])
def test_a_change_is_seen_in_methods_objects_and_functions_that_are_called(what):
    def method(counter):
        return counter.count if what == "calls" else counter.keep

    one, two, three = Counter(), Counter(), Counter()

    def helper(x):
        return method(two)(x)

    def nested(x):
        return (lambda y: method(three)(y))(x)

    for f in method(one), lambda x: helper(x), nested:
        with pytest.raises(GraphError, match=rf"changes '.*{what}', which it closes over"):
            compile(f)(1.5)


def test_a_variable_that_a_called_function_rebinds_is_seen():
    total = 0

    def helper(x):
        nonlocal total
        total += 1
        return x * total

    with pytest.raises(GraphError, match="changes 'total'"):
        compile(lambda x: helper(x))(1.5)


def test_private_caches_and_what_is_built_at_its_first_use_are_no_change():
    import logging

    counter, log = Counter(), logging.getLogger("dcdw.test")

    class Lazy:
        def __call__(self, x):
            if not hasattr(self, "weight"):
                self.weight, self.built = Value(3.0), 1
            log.debug("called")
            return counter.cache(x) * self.weight

    lazy = compile(Lazy())
    assert lazy(2.0) == 12.0
    assert lazy(3.0) == 18.0


def test_threads_split_a_batch():
    w = Value(0.3)
    at = np.linspace(-1, 1, 1001)
    one, many = compile(lambda x: exp(w * x) * x), compile(lambda x: exp(w * x) * x, threads=3)
    assert (one(at) == many(at)).all()
    one.backward(at)
    first, w.grad = w.grad, 0.0
    many.backward(at)
    assert w.grad == pytest.approx(first, rel=1e-12)


def test_rows_whose_results_differ_inside_are_refused():
    @compile
    def f(x):
        return (0.0, [x, x * 2]) if x > 0 else (0.0, [x])

    with pytest.raises(ValueError, match="a list of 1 for some rows and a list of 2 for others"):
        f(np.array([-1.0, 2.0]))
