"""The recorded graph as a picture in which the gradients can be seen to flow.

    draw(root)            a `graphviz.Digraph`: a box a Value, on every edge the gradient along it
    save(root, "x.svg")   the same in a file: .svg, .png or .dot
    draw_dot, trace       micrograd's names for it

What is where:

    scene      what is in the picture: boxes, arrows, what is left out
    style      how strength and sign become width and colour
    text       numbers and labels as the picture writes them
    picture    the scene written down for Graphviz
    render     the program that lays it out, and files
    micrograd  micrograd's signatures
"""

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"viz needs the autograd of dcdw, but another package of that name comes first: "
        f"{autograd.__file__}. Run `pip uninstall autograd` and install dcdw again, or use an "
        "environment of its own"
    )

from viz.layout import RenderError
from viz.micrograd import draw_dot, trace
from viz.picture import draw
from viz.render import save

__all__ = ["RenderError", "draw", "draw_dot", "save", "trace"]
