import pytest

import viz
from autograd import Value
from tests.viz.drawing import Drawing


@pytest.fixture(scope="session")
def look():
    """A picture, or a Value that is drawn first, read back."""

    def look(picture, **options):
        if isinstance(picture, Value):
            picture = viz.draw(picture, **options)
        return Drawing(picture.pipe(format="svg", quiet=True))

    return look
