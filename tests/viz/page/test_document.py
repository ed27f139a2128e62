import json

from hypothesis import given
from hypothesis import strategies as st

from viz.page.document import embedded


@given(st.text())
def test_embedded_json_says_the_same_and_has_no_tags(text):
    written = embedded({"label": text})
    assert json.loads(written) == {"label": text}
    assert "<" not in written
    assert written.isascii()
