"""The recorded graph as a picture in which the gradients can be seen to flow.

    draw(root)            a `graphviz.Digraph`: a box a Value, on every edge the gradient along it;
                          a large graph collapsed by neuron, layer or stage
    save(root, "x.svg")   the same in a file: .svg, .png or .dot; .html is `step`
    step(root, "x.html")  a page that walks the forward and the backward pass
    draw_dot, trace       micrograd's names for it
    gradient_report       per layer: size of ∂C/∂w, exact zeros, warnings
    sensitivity           what every weight and input does to the output, largest first
    Watch                 gradients and weights recorded while a model learns
    plot_history, plot_gradient_flow, plot_decision, plot_weights
                          training and what was learned, as matplotlib figures

What is where:

    scene      what is in the picture: boxes, arrows, what is left out
    recording  a graph as arrays, with what flows along its edges
    partition, quotient   which Values share a box
    groups, collapse      a collapsed graph as a scene; how far it is collapsed
    style      how strength and sign become width and colour
    text       numbers and labels as the picture writes them
    boxes, bundles, legend, picture   the scene written down for Graphviz
    dot, layout, render   the program that lays it out, and files
    checks     arguments that are checked in several places
    step, page            the page that steps through it
    micrograd  micrograd's signatures
    parameters, columns   a model's leaves by layer; rows of text
    report, sensitivity, watch        tables
    figure, plots, models             figures
"""

from typing import TYPE_CHECKING, Any

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
from viz.report import gradient_report
from viz.sensitivity import sensitivity
from viz.step import step
from viz.watch import Watch

if TYPE_CHECKING:
    from viz.models import plot_decision, plot_weights
    from viz.plots import plot_gradient_flow, plot_history

__all__ = [
    "RenderError",
    "Watch",
    "draw",
    "draw_dot",
    "gradient_report",
    "plot_decision",
    "plot_gradient_flow",
    "plot_history",
    "plot_weights",
    "save",
    "sensitivity",
    "step",
    "trace",
]

_PLOTS = {"plot_decision", "plot_gradient_flow", "plot_history", "plot_weights"}


def __getattr__(name: str) -> Any:
    """The plots, whose library takes longer to import than all the rest."""
    if name not in _PLOTS:
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    from viz import models, plots

    return getattr(models if hasattr(models, name) else plots, name)
