"""check_op, numeric_grad, explain, the strategies, and what is needed for them."""

import functools
import math
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, exp, log, operation, sin, tanh
from autograd.ops import BY_NAME, TABLE, UNIT, Interval
from autograd.ops.printer import value_formula
from autograd.testing import DerivativeMismatch, check_grad, check_op, explain, numeric_grad
from autograd.testing import strategies as ag
from autograd.testing.reference import LIBM
from autograd.testing.sample_points import row_of

# ── check_op ──


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_operation_of_the_table_keeps_all_its_duties(op):
    check_op(op)


def test_an_operation_of_ones_own_is_checked_the_same():
    good = operation("good_cube", lambda x: x**3, lambda x, z: 3 * x**2)
    assert check_op(good).ok
    assert check_op(operation("derived", lambda x, y: tanh(x) * exp(-y))).ok


def test_an_operation_whose_value_takes_floats_alone_is_checked_by_differences():
    assert check_op(operation("opaque", math.sin, lambda x, z: autograd.cos(x))).ok
    bad = operation("bad_opaque", math.sin, lambda x, z: 1.001 * autograd.cos(x))
    with pytest.raises(DerivativeMismatch, match="partials agree"):
        check_op(bad)


def test_an_operation_that_fails_fails_its_duties_with_its_own_words():
    picky = operation("picky", lambda x: x.hex(), lambda x, z: 1.0)
    report = check_op(picky, raises=False)
    assert not report.ok
    assert "could not convert string to float" in str(report)
    plain = operation("plain_partial", lambda x: math.sin(x), lambda x, z: math.cos(x))
    assert (
        "autograd.exp"
        in check_op(plain, raises=False).duties["derivatives of order 1 and 2 are right"]
    )


def test_a_wrong_partial_fails_the_duty_and_is_named():
    bad = operation("bad_cube", lambda x: x**3, lambda x, z: 3.01 * x**2)
    report = check_op(bad, raises=False)
    assert not report.ok
    assert "the partial by operand 0" in report.duties["partials agree with mpmath"]
    assert "✗ partials agree" in str(report)
    assert "✓ floats give the same float" in str(report)


def test_a_second_derivative_that_is_wrong_fails_that_duty_alone():
    bad = operation("frozen_cube", lambda x: x**3, lambda x, z: 3 * getattr(x, "data", x) ** 2)
    report = check_op(bad, raises=False)
    failing = [duty for duty, wrong in report.duties.items() if wrong]
    assert failing == ["derivatives of order 1 and 2 are right"]


def test_an_operation_that_does_not_return_a_float_is_caught():
    restless = iter(range(10**9))
    bad = operation("restless", lambda x: x + next(restless) * 1e-3, lambda x, z: 1.0)
    assert not check_op(bad, raises=False).ok


def test_an_object_that_is_no_operation_is_refused():
    with pytest.raises(TypeError, match="is not an operation"):
        check_op("no such")
    assert check_op(tanh).op == check_op("tanh").op == "tanh"


# ── numeric_grad ──


@pytest.mark.parametrize(
    ("method", "accuracy"), [("mp", 1e-15), ("fdm5", 1e-11), ("central", 1e-8)]
)
def test_numeric_gradients_are_as_accurate_as_they_say(method, accuracy):
    f = lambda x, y: sin(x) * exp(y) + x * y  # noqa: E731
    expected = (math.cos(0.5) * math.exp(1.5) + 1.5, math.sin(0.5) * math.exp(1.5) + 0.5)
    gradient, errors = numeric_grad(f, 0.5, 1.5, method=method)
    for g, e, right in zip(gradient, errors, expected, strict=True):
        assert abs(g - right) <= accuracy * abs(right)
        assert abs(g - right) <= 10 * e + 1e-15


def test_the_complex_step_is_for_functions_of_complex_numbers():
    gradient, error = numeric_grad(lambda x: x**3 + 2 * x, 1.5, method="complex")
    assert gradient == pytest.approx(3 * 1.5**2 + 2, rel=1e-15)
    assert error < 1e-14
    with pytest.raises(TypeError, match="complex numbers"):
        numeric_grad(sin, 1.0, method="complex")


def test_numeric_gradients_keep_the_structure():
    gradient, _ = numeric_grad(lambda p: p["a"] * p["b"][0], {"a": 2.0, "b": [3.0]})
    assert gradient["a"] == pytest.approx(3.0)
    assert gradient["b"] == pytest.approx([2.0])


def test_a_method_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="'mp', 'fdm5', 'central', 'complex'"):
        numeric_grad(sin, 1.0, method="magic")


# ── explain ──


def test_the_backward_pass_as_a_table():
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    assert explain(w * x + x).splitlines() == [
        "t1 = add(t0, x) = 9                    ∂C/∂t1 = 1",
        "  ∂C/∂t0 += 1 × 1 = 1  →  1",
        "  ∂C/∂x += 1 × 1 = 1  →  1",
        "t0 = mul(w, x) = 6                     ∂C/∂t0 = 1",
        "  ∂C/∂w += 3 × 1 = 3  →  3",
        "  ∂C/∂x += 2 × 1 = 2  →  3",
    ]
    assert x.grad == 0.0  # nothing was changed
    assert "nothing flows" in explain(x)


@given(ag.expressions(2), ag.points(2, Interval(-2.0, 2.0)))
@settings(max_examples=50)
def test_the_last_total_of_every_leaf_is_its_gradient(program, xs):
    leaves = [Value(x, label=f"leaf{k}") for k, x in enumerate(xs)]
    C = program(*leaves)
    assume(C.op)
    lines = explain(C).splitlines()
    C.backward()
    assume(all(math.isfinite(leaf.grad) for leaf in leaves))
    for leaf in leaves:
        totals = [line.split("→")[1] for line in lines if f"∂C/∂{leaf.label} +=" in line]
        if totals:
            assert float(totals[-1]) == pytest.approx(leaf.grad, rel=1e-5, abs=1e-300)


# ── strategies ──


@given(st.data())
def test_numbers_lie_in_their_domain(data):
    for domain in (UNIT, Interval(0.0, math.inf, low_belongs=False), Interval(3.0, 5.0)):
        assert data.draw(ag.floats_in(domain)) in domain


def test_the_ends_of_a_domain_are_drawn_if_they_belong_to_it():
    assert find(ag.floats_in(UNIT), lambda x: x == 1.0) == 1.0
    assert find(ag.floats_in(Interval(2.0, 3.0)), lambda x: True) == 2.0


@given(ag.op_inputs("pow"))
def test_operands_are_as_many_as_the_operation_takes(operands):
    assert len(operands) == 2


def test_declared_edges_are_among_the_operands_drawn():
    assert find(ag.op_inputs("pow"), lambda x: x == (-2.0, 3.0)) == (-2.0, 3.0)


def root_of_log(x):
    return autograd.sqrt(log(x))


@given(ag.points(root_of_log))
def test_points_lie_where_the_function_is_finite(x):
    assert x >= 1.0


@given(ag.points(lambda p: log(p["a"][0]) * p["a"][1], like={"a": [1.0, 2.0]}))
def test_points_come_in_the_structure_of_an_example(p):
    assert p["a"][0] > 0


@given(ag.points(lambda x, y: log(x) * y))
def test_points_of_several_parameters_are_tuples(x):
    assert len(x) == 2
    assert x[0] > 0


installed = pytest.mark.skipif(
    not any(point.name == "dcdw" for point in entry_points(group="hypothesis")),
    reason="hypothesis finds Value through the entry point of an installed dcdw",
)


@installed
@given(x=...)
def test_values_come_by_annotation(x: Value):
    assert isinstance(x, Value)
    assert x.op == ""


@installed
def test_values_come_by_type():
    assert isinstance(find(st.from_type(Value), lambda v: True), Value)


@given(ag.values(UNIT))
def test_values_lie_in_a_domain(v):
    assert -1 <= v.data <= 1


@given(ag.expressions(2, smooth=False, max_nodes=5))
def test_programs_print_as_short_code_that_runs(program):
    scope = {"x0": 1.5, "x1": 0.5}
    functions = {op.name: getattr(autograd, op.name) for op in TABLE}
    plain = {name for name, op in BY_NAME.items() if op.many}
    assume(not plain & {name for name, _ in program.steps})
    exec(repr(program), functions, scope)
    last = scope[f"t{len(program.steps) - 1}"]
    assert last == program(1.5, 0.5) or math.isnan(last)


def test_the_smallest_program_is_one_operation_on_the_first_input():
    assert repr(find(ag.expressions(2), lambda p: True)) == "t0=neg(x0)"


# ── what it needs ──


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_needs_neither_hypothesis_nor_mpmath():
    code = "import sys; sys.modules['hypothesis'] = sys.modules['mpmath'] = None; "
    assert run(code + "import autograd.testing").returncode == 0


@pytest.mark.parametrize(
    ("module", "use"),
    [
        ("mpmath", "from autograd.testing import check_grad; check_grad(lambda x: x * x, 1.0)"),
        ("hypothesis.strategies", "import autograd.testing.strategies"),
    ],
)
def test_a_missing_package_is_named_with_what_to_install(module, use):
    said = run(f"import sys; sys.modules[{module!r}] = None; {use}").stderr.splitlines()[-1]
    assert module in said
    assert 'pip install "dcdw[test]"' in said


def test_every_c_function_that_a_row_uses_has_its_mpmath_counterpart():
    used = {e.head for op in TABLE for e in value_formula(op).walk() if e.head.startswith("libm.")}
    assert {name.removeprefix("libm.") for name in used} <= set(LIBM)


@pytest.mark.parametrize("domain", [Interval(2000.0), Interval(high=-2000.0), Interval(5e3, 6e3)])
def test_numbers_are_drawn_from_an_interval_far_out_too(domain):
    assert find(ag.floats_in(domain), lambda x: True) in domain


@pytest.mark.parametrize(
    "check", [check_grad, numeric_grad, functools.partial(numeric_grad, method="mp")]
)
@pytest.mark.parametrize(("result", "said"), [([1.0], "a list of 1"), (None, "None")])
def test_a_function_that_does_not_return_one_number_is_refused_by_a_sentence(check, result, said):
    with pytest.raises(TypeError, match=f"the result is {said}"):
        check(lambda x: result, 0.5)


def test_an_operation_is_found_even_when_another_took_its_name():
    wrong = operation("taken", lambda x: x**2, lambda x, z: 3 * x)
    operation("taken", lambda x: x**3, lambda x, z: 3 * x**2)
    assert row_of(wrong) is wrong.row
