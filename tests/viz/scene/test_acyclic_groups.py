from hypothesis import given
from hypothesis import strategies as st

from viz.scene.acyclic_groups import acyclic_groups, depths, groups_below


@st.composite
def graphs(draw):
    """Operands of every node, and a key of each."""
    count = draw(st.integers(1, 25))
    operands = [[]]
    for k in range(1, count):
        operands.append(draw(st.lists(st.integers(0, k - 1), max_size=3)))
    keys = draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    return operands, keys


@given(graphs())
def test_groups_have_one_key_and_none_feeds_itself_through_another(graph):
    operands, keys = graph
    parts = acyclic_groups(operands, keys)
    for key_of in ({p: keys[k]} for k, p in enumerate(parts) if p >= 0):
        ((p, key),) = key_of.items()
        assert all(keys[k] == key for k, q in enumerate(parts) if q == p)
    below = groups_below(operands, parts)
    depth = depths(below)  # would not end in a circle
    assert all(depth[q] < depth[p] for p, others in below.items() for q in others)


def test_leaves_have_no_group_and_groups_are_numbered_without_gaps():
    parts = acyclic_groups([[], [], [0, 1], [2]], "abcd")
    assert parts == [-1, -1, 0, 1]


def test_independent_groups_of_one_key_are_merged_at_any_depth():
    # 1 and 3 have key a; 3 depends on 2, but neither on the other
    assert acyclic_groups([[], [0], [0], [2], [1, 3]], "-abac") == [-1, 0, 1, 0, 2]


def test_a_module_that_feeds_itself_through_another_has_a_group_per_step():
    parts = acyclic_groups([[], [0], [1], [2], [3]], "-abab")
    assert len(set(parts[1:])) == 4
