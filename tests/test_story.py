"""How backpropagation works, explained in tests.  Read from the top.

A cost C is computed from weights by small steps.  Each step knows its *partial*:
how its result moves when one operand moves.  Backpropagation walks from C
backwards, multiplies partials along edges and adds up at nodes.
"""

import random

import pytest

from autograd import Value, dot, sigmoid
from autograd.graph import edges, order
from nn import MLP

# ── one step ──────────────────────────────────────────────────────────────────


def test_a_value_remembers_how_it_was_computed():
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    assert c.data == -6.0
    assert c.op == "mul"
    assert c.args == (a, b)


def test_an_edge_carries_the_partial_at_the_recorded_point():
    a, b = Value(2.0), Value(-3.0)
    assert (a * b).partials == (-3.0, 2.0)  # ∂(ab)/∂a = b, ∂(ab)/∂b = a
    assert (a + b).partials == (1.0, 1.0)
    assert (a / b).partials == pytest.approx((1 / -3.0, -2.0 / 9.0))


def test_backward_puts_the_gradient_at_every_operand():
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    c.backward()
    assert (c.grad, a.grad, b.grad) == (1.0, -3.0, 2.0)


# ── several steps ─────────────────────────────────────────────────────────────


def test_partials_multiply_along_a_path():
    a = Value(0.5)
    b = a * 3.0
    c = b * 4.0
    c.backward()
    assert a.grad == 3.0 * 4.0


def test_contributions_add_where_paths_meet():
    a = Value(0.5)
    b = a * 3.0
    c = b + a * 4.0
    c.backward()
    assert a.grad == 3.0 + 4.0


def test_an_operand_used_twice_gets_both_contributions():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert x.grad == 6.0


def test_order_matters_a_node_passes_on_its_gradient_only_when_it_is_complete():
    # a → b twice → c twice.  If b passed on its gradient after the first
    # contribution had arrived, a would get 2 and not 4.
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert (b.grad, a.grad) == (2.0, 4.0)


def test_results_come_before_operands_in_the_backward_order():
    a = Value(1.0)
    b = a + a
    c = b * a + b
    place = {id(v): k for k, v in enumerate(order(c))}
    assert all(place[id(edge.operand)] < place[id(edge.result)] for edge in edges(c))


def test_the_contributions_into_a_node_add_up_to_its_gradient():
    w, x = Value(0.3), Value(-0.7)
    C = (sigmoid(w * x) + w) * x
    C.backward()
    flow: dict[int, float] = {}
    for edge in reversed(edges(C)):
        flow[id(edge.operand)] = flow.get(id(edge.operand), 0.0) + edge.flow
    assert all(v.grad == flow[id(v)] for v in order(C) if v is not C)


# ── a weight's gradient tells what a small change of it does ──────────────────


def small_net(seed=0):
    rng = random.Random(seed)
    net = MLP(3, [4, 4, 2], activation="sigmoid", output="sigmoid", rng=rng)
    x = [rng.uniform(-1, 1) for _ in range(3)]
    y = [1.0, 0.0]
    return net, x, y


def quadratic_cost(output, y):
    """C = ½ Σ (y - a)²."""
    half = 0.5
    return half * sum((d - a) ** 2 for d, a in zip(y, output, strict=True))


def test_every_weights_gradient_agrees_with_wiggling_that_weight():
    net, x, y = small_net()
    quadratic_cost(net(x), y).backward()
    h = 1e-5
    for w in net.parameters():
        kept = w.data
        w.data = kept + h
        above = quadratic_cost(net(x), y).data
        w.data = kept - h
        below = quadratic_cost(net(x), y).data
        w.data = kept
        assert w.grad == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-10)


# ── the four equations of Nielsen's chapter 2 ─────────────────────────────────
# δ = ∂C/∂z is a neuron's error, z = w·a + b its weighted input, a = σ(z).


def forward(net, x):
    """The weighted inputs z and the activations a of every layer."""
    zs, activations = [], [[Value(v) for v in x]]
    for layer in net.layers:
        z = [dot(n.w, activations[-1], n.b) for n in layer.neurons]
        zs.append(z)
        activations.append([sigmoid(v) for v in z])
    return zs, activations


def sigma_prime(z):
    s = sigmoid(z.data)
    return s * sigmoid(-z.data)


@pytest.fixture
def passed():
    net, x, y = small_net(seed=3)
    zs, activations = forward(net, x)
    quadratic_cost(activations[-1], y).backward()
    return net, zs, activations, y


def exactly(expected):
    return pytest.approx(expected, rel=1e-14)


def test_bp1_the_output_error_is_the_costs_slope_times_sigma_prime(passed):
    _, zs, activations, y = passed
    for z, a, d in zip(zs[-1], activations[-1], y, strict=True):
        assert z.grad == exactly((a.data - d) * sigma_prime(z))


def test_bp2_a_layers_error_is_the_next_ones_carried_back_through_the_weights(passed):
    net, zs, _, _ = passed
    for level in range(len(zs) - 1):
        following = net.layers[level + 1].neurons
        for k, z in enumerate(zs[level]):
            back = sum(
                n.w[k].data * after.grad for n, after in zip(following, zs[level + 1], strict=True)
            )
            assert z.grad == exactly(back * sigma_prime(z))


def test_bp3_a_biass_gradient_is_its_neurons_error(passed):
    net, zs, _, _ = passed
    for layer, level in zip(net.layers, zs, strict=True):
        for neuron, z in zip(layer.neurons, level, strict=True):
            assert neuron.b.grad == z.grad


def test_bp4_a_weights_gradient_is_its_input_times_its_neurons_error(passed):
    net, zs, activations, _ = passed
    for layer, level, inputs in zip(net.layers, zs, activations, strict=False):
        for neuron, z in zip(layer.neurons, level, strict=True):
            for w, a in zip(neuron.w, inputs, strict=True):
                assert w.grad == exactly(a.data * z.grad)


# ── backpropagation is the sum over all paths (equation 53) ───────────────────


def sum_over_paths(C, w):
    """Σ over all paths from w to C of the product of the partials on it: what
    backpropagation computes, but one path at a time."""

    def from_here(v):
        if v is w:
            return 1.0
        return sum(p * from_here(x) for x, p in zip(v.args, v.partials, strict=True))

    return from_here(C)


@pytest.mark.parametrize("seed", range(20))
def test_the_gradient_is_the_sum_over_all_paths(seed):
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-1, 1)) for _ in range(2)]
    for _ in range(8):
        x, y = rng.choice(nodes), rng.choice(nodes)
        nodes.append(rng.choice([x + y, x * y, x - y, sigmoid(x)]))
    C = nodes[-1] + nodes[0] * nodes[1]
    C.backward()
    for w in nodes[:2]:
        assert w.grad == pytest.approx(sum_over_paths(C, w), rel=1e-12, abs=1e-14)


# ── and it learns ─────────────────────────────────────────────────────────────


def test_following_the_gradient_downhill_learns_to_tell_and_from_or():
    rng = random.Random(1)
    net = MLP(2, [3, 2], activation="tanh", output="sigmoid", rng=rng)
    cases = [((a, b), (a & b, a | b)) for a in (0, 1) for b in (0, 1)]
    for _ in range(400):
        C = sum(quadratic_cost(net(x), y) for x, y in cases)
        net.zero_grad()
        C.backward()
        for w in net.parameters():
            w.data -= 1.0 * w.grad
    assert all(round(a.data) == d for x, y in cases for a, d in zip(net(x), y, strict=True))
