"""Tapes: how the numbers of rows and weights are laid out changes no result."""

import threading
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Program, Value, compile, dot, sum, tanh

LAYERS = st.tuples(st.integers(1, 21), st.integers(1, 11), st.integers(1, 67), st.integers(0, 99))


class Layer(nn.Module):
    """tanh of a linear map; `plain` leaves out the biases."""

    def __init__(self, width, count, rng, plain):
        self.w = [[Value(x) for x in rng.normal(size=width)] for _ in range(count)]
        self.b = [Value(x) for x in rng.normal(size=0 if plain else count)]

    def __call__(self, x):
        bias = self.b or [0.0] * len(self.w)
        return sum([tanh(dot(w, x, b)) for w, b in zip(self.w, bias, strict=True)])


def layer(sizes, plain=False):
    width, count, rows, seed = sizes
    rng = np.random.default_rng(seed)
    return Layer(width, count, rng, plain), rng.normal(size=(rows, width))


def trained(model, X, how=None):
    """The costs of the rows, and the sum of their gradients, of a compiled model."""
    model.zero_grad()
    cost = compile(model, **(how or {}))
    values = cost(X)
    cost.backward(X, reduce="sum")
    return values, np.array([p.grad for p in model.parameters()])


@given(LAYERS, st.booleans(), st.booleans())
def test_weights_in_a_vector_are_read_and_given_gradients_where_they_are(sizes, plain, again):
    model, X = layer(sizes, plain)
    values, grads = trained(model, X)
    assert values.tolist() == [model(row.tolist()).data for row in X]
    nn.flatten(model)
    if again:
        nn.flatten(model)  # elsewhere
    moved, flat = trained(model, X)
    assert moved.tolist() == values.tolist()
    assert flat == pytest.approx(grads, rel=1e-13, abs=1e-13)


@given(LAYERS)
def test_a_table_of_rows_and_single_columns_give_the_same_bits(sizes):
    model, X = layer(sizes)
    rows = compile(model)
    program = Program(model(xs := [Value(0.0) for _ in X[0]]), xs)
    for table in (X, np.asfortranarray(X), np.hstack([X, X])[:, : X.shape[1]], X[::-1][::-1]):
        assert rows(table).tolist() == program(*X.T).tolist()
        assert rows.value_and_grad(table)[1][0].T.tolist() == [
            g.tolist() for g in program.value_and_grad(*X.T)[1]
        ]


@given(LAYERS)
def test_reassociated_sums_differ_in_the_last_places_only(sizes):
    model, X = layer(sizes)
    values, grads = trained(model, X)
    others, loose = trained(model, X, {"reassociate": True})
    assert others == pytest.approx(values, rel=1e-12, abs=1e-12)
    assert loose == pytest.approx(grads, rel=1e-12, abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=70), st.booleans())
def test_a_reassociated_sum_is_right_to_the_rounding_of_its_terms(terms, products):
    xs = [Value(x) for x in terms]
    z = dot(xs, xs[::-1]) if products else sum(xs)
    program = Program(z, xs, reassociate=True)
    size = np.abs(np.array(terms) * (terms[::-1] if products else 1.0)).sum()
    for rows in (1, 3):
        value = program(*[np.full(rows, x) for x in terms])
        assert abs(value - z.data).max() <= len(terms) * 2.3e-16 * size


@pytest.mark.parametrize("kind", ["sum", "dot", "by hand", "layer"])
def test_near_a_tie_a_reassociated_function_decides_as_its_numbers_do(kind):
    rng = np.random.default_rng(0)
    weights = [Value(w) for w in rng.normal(size=40)]

    def score(xs):
        if kind == "by hand":
            return reduce(
                lambda total, pair: total + pair[0] * pair[1], zip(xs, xs[::-1], strict=True), 0.5
            )
        if kind == "layer":
            return dot(weights[:20], xs) - dot(weights[20:], xs) * 0.5
        return sum(xs) if kind == "sum" else dot(xs, xs[::-1], 0.5)

    for _ in range(25):
        X = rng.normal(size=(12, 20))
        row = X[int(rng.integers(12))].tolist()
        tie = score([Value(x) for x in row]).data

        def decide(xs, tie=tie):
            if score(xs) > tie:
                return sum(xs) + score(xs)
            return 3.0 if score(xs) == tie else dot(xs, xs)

        f = compile(decide, reassociate=True)
        for value, x in zip(f(X), X, strict=True):
            z = decide([Value(v) for v in x])
            assert value == pytest.approx(z.data if isinstance(z, Value) else z, rel=1e-12)
        assert f(np.array([row])).tolist() == [3.0]


def test_values_that_decisions_depend_on_keep_their_bits():
    numbers = np.random.default_rng(0).normal(size=1001).tolist()
    f = compile(lambda x: sum(x) if x[0] > -9 else 0.0, reassociate=True)
    row = np.array([numbers])
    assert f(row)[0] != sum(numbers)  # another order: another last place
    g = compile(lambda x: sum(x) if sum(x) > -1e9 else 0.0, reassociate=True)
    assert g(row)[0] == sum(numbers)


def test_the_hessian_of_a_reassociated_program_ends():
    xs = [Value(x) for x in np.random.default_rng(1).normal(size=20)]
    row = [x.data for x in xs]
    program = Program(sum(xs) ** (sum(xs) * 2.0), xs, reassociate=True)
    expected = Program(sum(xs) ** (sum(xs) * 2.0), xs).hessian(*row)
    assert program.hessian(*row) == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_a_long_sum_is_reassociated_and_says_so_when_it_is_kept(tmp_path):
    xs = [Value(x) for x in np.random.default_rng(0).normal(size=1001)]
    z = sum(xs)
    loose = Program(z, xs, reassociate=True)
    numbers = [x.data for x in xs]
    assert Program(z, xs)(*numbers) == z.data
    assert loose(*numbers) != z.data  # another order: another last place
    loose.save(tmp_path / "p")
    assert Program.load(tmp_path / "p")(*numbers) == loose(*numbers)


def test_gradients_are_added_to_what_is_there():
    model, X = layer((9, 5, 20, 1))
    nn.flatten(model)
    _, grads = trained(model, X)
    compile(model).backward(X, reduce="sum")
    twice = np.array([p.grad for p in model.parameters()])
    assert twice == pytest.approx(2 * grads, rel=1e-12)


def test_weights_that_layers_share_with_other_operations_get_both_gradients():
    model, X = layer((30, 4, 12, 2))
    nn.flatten(model)
    w = model.w[0][0]

    def cost(x):
        return model(x) + w * w * x[0] + model.b[1] ** 2

    results = []
    for f in (
        compile(cost).backward,
        lambda X, reduce: sum([cost(r.tolist()) for r in X]).backward(),
    ):
        model.zero_grad()
        f(X, reduce="sum")
        results.append([p.grad for p in model.parameters()])
    assert results[0] == pytest.approx(results[1], rel=1e-12, abs=1e-12)


def test_threads_that_add_to_the_same_gradients_lose_nothing():
    model, X = layer((40, 30, 64, 3))
    nn.flatten(model)
    costs = [compile(model) for _ in range(2)]
    for cost in costs:
        cost(X)
    model.zero_grad()
    costs[0].backward(X, reduce="sum")
    once = np.array([p.grad for p in model.parameters()])
    model.zero_grad()

    def work(cost):
        for _ in range(50):
            cost.backward(X, reduce="sum")

    threads = [threading.Thread(target=work, args=(costs[k % 2],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    summed = np.array([p.grad for p in model.parameters()])
    assert summed == pytest.approx(200 * once, rel=1e-9)


def test_a_field_of_packed_records_is_read_as_any_column():
    x = Value(1.0)
    records = np.zeros(5, dtype=[("kind", "i1"), ("x", "f8")])
    records["x"] = X = np.arange(5.0)
    assert Program(tanh(x), [x])(records["x"]).tolist() == Program(tanh(x), [x])(X).tolist()
    assert compile(tanh)(records["x"]).tolist() == compile(tanh)(X).tolist()


@pytest.mark.parametrize(
    ("columns", "rows", "more", "sentence"),
    [
        ([1.0, 2.0, 3.0], 1, {}, "more than 1 columns"),
        ([np.ones((4, 2))], 4, {}, "more than 1 columns"),
        ([], 1, {}, "1 columns are needed, not 0"),
        ([np.float64(1.0)], 1, {}, "not the right type or length"),
        ([np.ones(3, np.float32)], 3, {}, "not the right type or length"),
        ([np.ones(2)], 3, {}, "not the right type or length"),
        ([np.ones(9)], 9, {"fits": np.ones(2, np.uint8)}, "`fits` holds 2 rows, not 9"),
        ([1.0], 1, {"weight_grads": np.ones(3), "seeds": [1.0]}, "1 weights .*, not 3"),
    ],
)
def test_memory_that_does_not_fit_is_refused(columns, rows, more, sentence):
    x = Value(1.0)
    program = Program(tanh(x * Value(2.0)), [x])
    with pytest.raises(ValueError, match=sentence):
        program.run(columns, rows, **more)
