"""The Values made inside a module carry its dotted name."""

import copy
import gc
import inspect
import pickle
import threading
import weakref

import numpy as np
import pytest

from autograd import Value, graph, named_scope, tanh
from nn import MLP, Layer, Module, Neuron, RNNCell, Sequential


class Scale(Module):
    """One weight; calling it returns a product."""

    def __init__(self):
        self.w = Value(2.0)

    def __call__(self, x):
        return self.w * x


class Pair(Module):
    """Two children of its choice, called one after another."""

    def __init__(self, first, second):
        self.first, self.second = first, second

    def __call__(self, x):
        return [self.first(x), self.second(x)]


class Above(Module):
    """One child, called by a function passed to it."""

    def __init__(self, child=None, call=None):
        self.child = child
        self._call = call

    def __call__(self, x):
        return self._call(self, x) if self._call else self.child(x)


def scopes(*roots):
    return {v.scope for v in graph.order(*roots) if v.op}


def test_the_operations_of_a_neuron_carry_the_name_of_its_parameters():
    model = MLP(2, [3, 2, 1])
    out = model([Value(1.0), Value(-1.0)])
    holders = {name.partition(".w")[0].partition(".b")[0] for name, _ in model.named_parameters()}
    assert scopes(out) == holders == {
        *(f"layers.0.neurons.{k}" for k in range(3)),
        *(f"layers.1.neurons.{k}" for k in range(2)),
        "layers.2.neurons.0",
    }  # fmt: skip
    assert out.scope == "layers.2.neurons.0"


def test_a_module_called_by_itself_has_no_name():
    assert Neuron(1)([1.0]).scope == ""
    layer = Layer(1, 2)
    assert [v.scope for v in layer([1.0])] == ["neurons.0", "neurons.1"]
    assert layer.neurons[0]([1.0]).scope == ""


def test_values_that_a_module_computes_itself_are_in_its_scope():
    class Net(Module):
        def __init__(self):
            self.scale = Scale()

        def __call__(self, x):
            return tanh(self.scale(x))

    out = Above(Net())(1.0)
    assert (out.scope, out.args[0].scope) == ("child", "child.scale")


def test_lists_dicts_tuples_and_arrays_of_modules_are_parts_of_the_name():
    held = np.empty(1, object)
    held[0] = Scale()
    model = Above({"a": [Scale()], "b": (Scale(), held)})
    result = []

    def call(self, x):
        for scale in (self.child["a"][0], self.child["b"][0], self.child["b"][1][0]):
            result.append(scale(x).scope)

    model._call = call
    model(1.0)
    model(1.0)
    assert result == ["child.a.0", "child.b.0", "child.b.1.0"] * 2


def test_a_tied_module_has_its_first_name():
    tied = Scale()
    model = Pair(tied, tied)
    assert [v.scope for v in model(1.0)] == ["first", "first"]
    model = Pair(Above(tied), Above(tied))
    assert [v.scope for v in model(1.0)] == ["first.child", "first.child"]
    assert dict(model.named_parameters())["first.child.w"].scope == "first.child"


def test_a_recurrent_cell_names_its_layer():
    assert scopes(*RNNCell(1, 2).run([[0.0], [1.0]])[-1]) == {"layer.neurons.0", "layer.neurons.1"}


def test_sequential_names_its_modules_and_functions_are_its_own():
    model = Sequential(Layer(1, 2), lambda x: [v * 2 for v in x], Layer(2, 1))
    assert scopes(model([1.0])) == {
        "layers.0.neurons.0", "layers.0.neurons.1", "", "layers.2.neurons.0"
    }  # fmt: skip


def test_the_scope_ends_with_the_call_even_if_it_fails():
    model = Above(MLP(2, [1]))
    for _ in range(2):
        with pytest.raises(ValueError, match="2 inputs"):
            model([1.0])
        assert Value(1.0).scope == ""
    assert model([1.0, 2.0]).scope == "child.layers.0.neurons.0"


def test_a_failure_inside_that_is_caught_inside_leaves_the_scope_of_the_caller():
    def call(self, x):
        with pytest.raises(ValueError, match="1 inputs"):
            self.child([])
        return x * 2

    assert Above(Above(Neuron(1), call))(Value(1.0)).scope == "child"


def test_a_module_that_calls_itself_or_its_class_above_stays_in_its_scope():
    class Twice(Scale):
        def __call__(self, x, depth=2):
            return self(x, depth - 1) if depth else super().__call__(x)

    assert Above(Twice())(1.0).scope == "child"


def test_a_child_that_calls_its_parent_is_back_in_the_parents_scope():
    child = Scale()
    parent = Above(child, lambda self, x: x * 2 if isinstance(x, Value) else self.child(x))
    child.parent = parent
    child.__class__ = type("Child", (Scale,), {"__call__": lambda self, x: self.parent(self.w * x)})
    out = parent(1.0)
    assert (out.scope, out.args[0].scope) == ("", "child")


def test_blocks_around_and_inside_a_module_are_parts_of_the_name():
    def call(self, x):
        with named_scope("step"):
            return [tanh(x), self.child(x)]

    model = Above(Above(Scale(), call))
    with named_scope("model"):
        assert [v.scope for v in model(Value(1.0))] == [
            "model.child.step", "model.child.step.child"
        ]  # fmt: skip
    assert [v.scope for v in model(Value(1.0))] == ["child.step", "child.step.child"]
    with named_scope("other"):
        assert model(Value(1.0))[1].scope == "other.child.step.child"


def test_new_children_are_named_anew():
    model = MLP(1, [1, 1])
    model([1.0])
    model.layers[0] = Layer(1, 2)
    model.layers[1] = Layer(2, 1)
    model.layers.insert(0, Layer(1, 1))
    assert scopes(model([1.0])) == {
        "layers.0.neurons.0", "layers.1.neurons.0", "layers.1.neurons.1", "layers.2.neurons.0"
    }  # fmt: skip
    assert all(p.scope == n.rpartition(".neurons.0")[0] + ".neurons.0" or "neurons.1" in p.scope
               for n, p in model.named_parameters())  # fmt: skip


def test_children_that_changed_places_are_named_anew():
    model = Pair(Scale(), Scale())
    model(1.0)
    before = model.first
    model.first, model.second = model.second, model.first
    first, second = model(1.0)
    assert (first.scope, second.scope) == ("first", "second")
    assert second.args[0] is before.w
    assert before.w.scope == "second"
    layers = Sequential(Neuron(1), Neuron(1), Neuron(1))
    layers([1.0])
    del layers.layers[0]
    assert scopes(layers([1.0])) == {"layers.0", "layers.1"}


def test_a_child_that_comes_during_a_call_is_named():
    def call(self, x):
        self.child = Scale()
        return self.child(x)

    model = Above(call=call)
    assert [model(1.0).scope for _ in range(3)] == ["child"] * 3


def test_a_module_of_elsewhere_is_in_the_scope_of_its_caller():
    foreign = Above(Scale())
    other = Scale()
    model = Above(Above(call=lambda self, x: [foreign(x), other(x)]))
    for _ in range(3):
        assert [v.scope for v in model(1.0)] == ["child.child", "child"]
    assert foreign(1.0).scope == "child"


def test_parameters_are_in_the_scope_of_the_module_that_holds_them():
    model = MLP(1, [2, 1])
    assert {p.scope for p in model.parameters()} == {""}
    model([1.0])
    names = {name: p.scope for name, p in model.named_parameters()}
    assert names["layers.0.neurons.1.w.0"] == names["layers.0.neurons.1.b"] == "layers.0.neurons.1"
    assert names["layers.1.neurons.0.w.1"] == "layers.1.neurons.0"


def test_remembered_names_are_neither_seen_nor_copied_nor_pickled():
    model = MLP(2, [2, 1], rng=0)
    attributes, state, shown = dict(vars(model)), model.state_dict(), repr(model)
    model([1.0, 2.0])
    assert (vars(model), model.state_dict(), repr(model)) == (attributes, state, shown)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(model, protocol)).state_dict() == state
    for twin in copy.deepcopy(model), pickle.loads(pickle.dumps(model)):
        assert twin.state_dict() == state
        twin.layers.reverse()
        twin.layers = [twin.layers[1]]
        assert scopes(*twin([1.0, 2.0])) == {"layers.0.neurons.0", "layers.0.neurons.1"}
    shallow = copy.copy(model)
    assert shallow.layers is model.layers
    assert shallow([1.0, 2.0]).scope == model([1.0, 2.0]).scope == "layers.1.neurons.0"


def test_two_roots_may_share_a_child():
    shared = Scale()
    one, two = Above(shared), Pair(Scale(), shared)
    for _ in range(3):
        assert one(1.0).scope == "child"
        assert two(1.0)[1].scope == "second"
        assert shared(1.0).scope == ""


def test_an_equal_or_unhashable_module_is_still_itself():
    class Equal(Scale):
        __hash__ = None

        def __eq__(self, other):
            return True

    assert [v.scope for v in Pair(Equal(), Equal())(1.0)] == ["first", "second"]


def test_a_model_that_was_called_is_freed_at_once():
    model = MLP(1, [2, 1])
    model([1.0])
    gone = weakref.ref(model), weakref.ref(model.layers[0])
    last = model.layers[1]
    gc.disable()
    try:
        del model
        assert [reference() for reference in gone] == [None, None]
    finally:
        gc.enable()
    assert last([1.0, 2.0]).scope == "neurons.0"


def test_a_called_model_with_a_circle_is_collected():
    model = Above(Scale())
    model.child.parent = model
    model(1.0)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_threads_may_call_one_model_at_once_in_scopes_of_their_own():
    model = MLP(1, [2, 1])
    wrong = []

    def run(name):
        with named_scope(name):
            for _ in range(300):
                result = scopes(model([1.0]))
                if any(not scope.startswith(f"{name}.layers.") for scope in result):
                    wrong.append(result)

    threads = [threading.Thread(target=run, args=(f"t{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_call_looks_like_the_function_it_is():
    assert str(inspect.signature(Neuron.__call__)).startswith("(self, x")
    assert str(inspect.signature(Neuron(1))).startswith("(x")
    assert Neuron.__call__.__doc__ == inspect.getdoc(Neuron.__call__)
    assert "w·x" in Neuron.__call__.__doc__
    assert Neuron.__call__.__qualname__ == "Neuron.__call__"
    assert "dot(" in inspect.getsource(Neuron.__call__)
    bound = Neuron(1).__call__
    assert bound([1.0]).op == "relu"
    with pytest.raises(TypeError, match="missing 1 required"):
        Neuron(1)()
    with pytest.raises(TypeError, match="self"):
        Neuron.__call__()


def test_keywords_reach_the_call():
    class Affine(Module):
        def __call__(self, x, *more, by=1.0, **rest):
            return x * by, more, rest

    out, more, rest = Above(Affine(), lambda self, x: self.child(x, 1, by=3.0, z=4))(Value(2.0))
    assert (out.data, out.scope, more, rest) == (6.0, "child", (1,), {"z": 4})


def test_an_inherited_call_is_the_same_one():
    class Quiet(Neuron):
        pass

    assert Quiet.__call__ is Neuron.__call__
    assert "__call__" not in vars(Quiet)
