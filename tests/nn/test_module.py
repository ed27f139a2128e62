"""Parameters: collected, named, saved as numbers and restored."""

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Module, Sequential


class Holder(Module):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_modules_in_lists_tuples_dicts_and_arrays_are_found_in_order():
    model = Holder(
        a=Value(1.0),
        rows=[Holder(w=[Value(2.0), Value(3.0)]), (Value(4.0),)],
        table={"left": Value(5.0), 7: {"deep": Value(6.0)}},
        grid=np.array([[Value(7.0)], [Value(8.0)]], dtype=object),
    )
    assert names(model) == [
        "a", "rows.0.w.0", "rows.0.w.1", "rows.1.0", "table.left", "table.7.deep",
        "grid.0.0", "grid.1.0",
    ]  # fmt: skip
    assert [p.data for p in model.parameters()] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


def test_every_row_of_a_large_array_is_found():
    grid = np.array([[Value(float(k))] for k in range(500)], dtype=object)
    assert len(Holder(grid=grid, other=grid.copy()[::-1]).parameters()) == 500


def test_names_of_an_mlp_are_dotted():
    assert names(MLP(2, [1, 1])) == [
        "layers.0.neurons.0.w.0", "layers.0.neurons.0.w.1", "layers.0.neurons.0.b",
        "layers.1.neurons.0.w.0", "layers.1.neurons.0.b",
    ]  # fmt: skip


def test_a_tied_weight_is_one_parameter_with_the_name_of_its_first_place():
    w, layer = Value(2.0), Layer(1, 1)
    model = Holder(first=[w, w], again=w, one=layer, two=Sequential(layer, layer))
    assert names(model) == ["first.0", "one.neurons.0.w.0", "one.neurons.0.b"]


def test_results_constants_numbers_and_text_are_no_parameters():
    w = Value(1.0)
    model = Holder(y=w * 2, fixed=w.detach(), rate=0.1, name="x", none=None, w=w)
    assert names(model) == ["w"]


def test_a_module_that_knows_its_parent_is_visited_once():
    child = Holder(w=Value(1.0))
    parent = Holder(child=child)
    child.parent = parent
    assert names(parent) == ["child.w"]


def test_nesting_a_hundred_thousand_deep_is_no_matter():
    deep = [Value(1.0)]
    for _ in range(100_000):
        deep = [deep]
    model = Holder(deep=deep)
    assert len(model.parameters()) == 1
    while deep:  # lists free themselves by recursion
        deep = deep.pop()
        if isinstance(deep, Value):
            break


def test_two_parameters_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"two parameters are called 'd\.1'"):
        Holder(d={1: Value(1.0), "1": Value(2.0)}).state_dict()


def test_zero_grad_clears_every_parameter():
    net = MLP(2, [2, 1], activation="tanh")
    net([1.0, 2.0]).backward()
    assert any(p.grad for p in net.parameters())
    net.zero_grad()
    assert not any(p.grad for p in net.parameters())


def test_a_state_dict_put_back_gives_the_same_net_to_the_last_bit():
    one, two = MLP(2, [3, 1], activation="tanh"), MLP(2, [3, 1], activation="tanh")
    two.load_state_dict(one.state_dict())
    assert two.state_dict() == one.state_dict()
    assert two([0.3, -2.0]).data == one([0.3, -2.0]).data


def test_a_state_dict_takes_numpys_numbers():
    model = Holder(w=Value(0.0))
    model.load_state_dict({"w": np.float32(0.5)})
    assert model.w.data == 0.5


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (lambda s: s.pop("b"), ValueError, "this model: 2 names without 'b'$"),
        (lambda s: s.update(c=1.0), ValueError, "with 'c', unknown to this model"),
        (
            lambda s: (s.clear(), s.update(x=1.0)),
            ValueError,
            r"1 names without 'w\.0', 'w\.1', 'b', and with 'x', unknown",
        ),
        (lambda s: s.update({f"x{k}": 1.0 for k in range(9)}), ValueError, "'x2' and 6 more"),
        (lambda s: s.update(b="1"), TypeError, "'b' takes a"),
        (lambda s: s.update(b=None), TypeError, "'b' takes a"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, error, sentence):
    model = Holder(w=[Value(1.0), Value(2.0)], b=Value(3.0))
    state = {name: 10.0 * number for name, number in model.state_dict().items()}
    change(state)
    with pytest.raises(error, match=sentence):
        model.load_state_dict(state)
    assert [p.data for p in model.parameters()] == [1.0, 2.0, 3.0]


def test_a_model_without_parameters_has_none():
    assert Module().parameters() == []
    assert Module().state_dict() == {}


def test_parameters_are_the_named_ones_in_the_same_order():
    net = MLP(3, [4, 2])
    net.tied = {"a": (net.layers[0].neurons[0].w, [Value(1.0)]), "b": np.array([Value(2.0)])}
    assert list(map(id, net.parameters())) == [id(p) for _, p in net.named_parameters()]


def test_the_repr_of_a_module_of_ones_own_counts_its_parameters():
    class Line(Module):
        def __init__(self, *weights):
            self.w = [Value(w) for w in weights]

    assert repr(Line(1.0)) == "Line(1 parameter)"
    assert repr(Line(1.0, 2.0)) == "Line(2 parameters)"
