from hypothesis import given
from hypothesis import strategies as st

from viz.page.trace import columns, frontiers


@given(st.data())
def test_a_value_comes_one_step_after_the_last_it_waits_for(data):
    count = data.draw(st.integers(1, 12))
    ends = [
        (x, z)
        for z in range(1, count)
        for x in data.draw(st.lists(st.integers(0, z - 1), max_size=3))
    ]
    forward, backward = frontiers(count, ends)
    for k in range(count):
        assert forward[k] == max((forward[x] + 1 for x, z in ends if z == k), default=0)
        assert backward[k] == max((backward[z] + 1 for x, z in ends if x == k), default=0)


def test_wide_characters_take_up_two_columns():
    assert columns("重み") == 4
