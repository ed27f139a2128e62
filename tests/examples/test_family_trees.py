"""The family trees, with few seeds."""

import family_trees
import numpy as np
import pytest
from families import cases, features

from autograd import Value
from tests.test_examples import printed, row

pytestmark = pytest.mark.thorough  # it trains


def test_the_printed_settings_do_not_train_and_the_corrected_ones_do(tmp_path):
    out = printed(tmp_path, "family_trees", "--seeds", "2")
    assert row(out, "printed")[:4] == ["2", "0", "0", "0"]
    assert int(row(out, "corrected")[1]) >= 97
    assert int(row(out, "with a jump")[1]) >= 80


@pytest.mark.parametrize(
    ("y", "d", "jump", "E"),
    [
        (0.81, 1.0, False, 0.0),
        (0.7, 1.0, False, 0.5 * 0.1**2),
        (0.19, 0.0, False, 0.0),
        (0.5, 0.0, False, 0.5 * 0.3**2),
        (0.81, 1.0, True, 0.0),
        (0.7, 1.0, True, 0.5 * 0.3**2),
        (0.5, 0.0, True, 0.5 * 0.5**2),
    ],
)
def test_an_output_beyond_its_bound_has_no_error(y, d, jump, E):
    assert family_trees.cost([Value(y)], [Value(d)], jump).data == pytest.approx(E)


def test_no_error_is_no_gradient():
    y = [Value(0.9), Value(0.1), Value(0.6)]
    family_trees.cost(y, [Value(1.0), Value(0.0), Value(1.0)], jump=True).backward()
    assert [v.grad for v in y] == pytest.approx([0.0, 0.0, -0.4])


def test_a_unit_that_knows_the_nationality_only_is_explained_by_it():
    net = family_trees.Net(1.0, seed=0)
    groups = features(cases().people)
    for person, nation in enumerate(groups["nationality"]):
        for unit in net.person.neurons:
            unit.w[person].data = 1.0 if nation == "English" else -1.0
    assert family_trees.explained(net, groups["nationality"]) == pytest.approx(np.ones(6))
    for other in "generation", "branch", "sex":
        assert family_trees.explained(net, groups[other]) == pytest.approx(np.zeros(6))
