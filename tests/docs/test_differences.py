"""What the pages say about other libraries, checked against those that are installed."""

import math
import warnings

import pytest

from autograd import Value


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@pytest.fixture
def micrograd():
    return pytest.importorskip("micrograd.engine").Value


# ── micrograd ─────────────────────────────────────────────────────────────────


def test_micrograds_second_backward_passes_on_what_was_there(micrograd):
    x = micrograd(2.0)
    u = x * x
    C = u * u
    C.backward()
    C.backward()
    assert (u.grad, x.grad) == (16.0, 96.0)


def test_micrograd_looks_at_operands_when_backward_runs(micrograd):
    x = micrograd(3.0)
    C = x * x
    x.data = 4.0
    C.backward()
    assert x.grad == 8.0


def test_micrograd_compares_identities_and_has_no_order(micrograd):
    assert micrograd(3.0) != micrograd(3.0)
    with pytest.raises(TypeError):
        assert micrograd(3.0) < micrograd(4.0)


def test_micrograd_divides_by_multiplying(micrograd):
    assert (micrograd(49) / 49).data == 0.9999999999999999


def test_micrograd_stops_at_a_deep_chain(micrograd):
    x = micrograd(1.0)
    C = x
    for _ in range(5000):
        C = C + x
    with pytest.raises(RecursionError):
        C.backward()


def test_micrograds_exponent_is_a_plain_number(micrograd):
    with pytest.raises(AssertionError):
        micrograd(2.0) ** micrograd(3.0)


def test_micrograd_refuses_math_functions_too(micrograd):
    with pytest.raises(TypeError):
        math.exp(micrograd(2.0))


# ── PyTorch ───────────────────────────────────────────────────────────────────


def leaf(torch, x):
    return torch.tensor(x, requires_grad=True, dtype=torch.float64)


def slope(torch, f, *xs):
    leaves = [leaf(torch, x) for x in xs]
    f(*leaves).backward()
    return [t.grad.item() for t in leaves]


def test_pytorch_keeps_the_gradients_of_leaves_only(torch):
    x = leaf(torch, 0.5)
    u = x * x
    torch.exp(u).backward()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert u.grad is None
    assert seen


def test_pytorch_frees_the_graph_that_backward_has_used(torch):
    C = leaf(torch, 0.5) ** 2
    C.backward()
    with pytest.raises(RuntimeError, match="second time"):
        C.backward()


def test_pytorch_refuses_a_change_in_place_but_follows_one_of_data(torch):
    x = leaf(torch, 3.0)
    C = x * x
    with torch.no_grad():
        x += 1.0
    with pytest.raises(RuntimeError, match="inplace"):
        C.backward()
    x = leaf(torch, 3.0)
    C = x * x
    x.data += 1.0
    C.backward()
    assert x.grad.item() == 8.0


def test_pytorch_lets_math_exp_drop_the_derivative(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert type(math.exp(leaf(torch, 0.5))) is float


def test_pytorchs_where_and_hypot_have_derivatives_that_are_nan(torch):
    (derivative,) = slope(torch, lambda x: torch.where(x > 0, torch.sqrt(x), 0.0), 0.0)
    assert math.isnan(derivative)
    assert all(map(math.isnan, slope(torch, torch.hypot, 0.0, 0.0)))


def test_pytorchs_momentum_is_scaled_by_the_present_rate_and_ours_is_not(torch):
    from nn import SGD

    theirs, ours = leaf(torch, 1.0), Value(1.0)
    for optimizer, w in (
        (torch.optim.SGD([theirs], 0.1, 0.5), theirs),
        (SGD([ours], 0.1, 0.5), ours),
    ):
        for rate in (0.1, 0.01):
            for group in getattr(optimizer, "param_groups", []):
                group["lr"] = rate
            optimizer.lr = rate
            optimizer.zero_grad()
            (w * 2.0).backward()
            optimizer.step()
    assert theirs.item() == pytest.approx(1.0 - 0.1 * 2 - 0.01 * (0.5 * 2 + 2))
    assert ours.data == pytest.approx(1.0 - 0.1 * 2 - (0.5 * 0.1 * 2 + 0.01 * 2))


# ── JAX ───────────────────────────────────────────────────────────────────────


def test_jax_computes_in_32_bits_by_default(jax):
    jax.config.update("jax_enable_x64", False)
    assert jax.numpy.asarray(0.5).dtype == "float32"


def test_jax_refuses_a_branch_on_a_traced_number(jax):
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(lambda x: x if x > 0 else -x)(1.0)


def test_the_edges_of_jax_are_as_the_page_says(jax):
    jnp = jax.numpy
    assert jax.grad(jnp.abs)(0.0) == 1.0
    assert jax.grad(lambda x: jnp.clip(x, 0, 1))(0.0) == 0.5
    assert math.isnan(jax.grad(lambda x, y: x**y)(0.0, 0.0))
    assert math.isnan(jax.grad(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0))(0.0))
    assert float(jax.grad(jnp.hypot)(1e200, 1e200)) == pytest.approx(1.0607, abs=1e-4)


def test_our_edges_are_as_the_page_says():
    from autograd import clip, grad

    assert grad(abs)(0.0) == 0.0
    assert grad(lambda x: clip(x, 0, 1))(0.0) == 1.0
    assert grad(lambda x, y: x**y)(0.0, 0.0) == 0.0
