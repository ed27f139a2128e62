"""The recorded graph as a picture in which the gradients can be seen to flow.

    draw(root)            a `graphviz.Digraph`: a box for each Value, on each edge the gradient
                          along it; a large graph collapsed by neuron, layer or stage
    save(root, "x.svg")   the same in a file: .svg, .png or .dot; .html is `step`
    step(root, "x.html")  a page that walks through the forward and the backward pass
    draw_dot, trace       micrograd's names
    gradient_report       per layer: size of ∂C/∂w, exact zeros, warnings
    sensitivity           how much every weight and input influences the output, largest first
    Watch                 gradients and weights recorded while a model learns
    plot_history, plot_gradient_flow, plot_decision, plot_weights
                          training and what was learned, as matplotlib figures

What is where:

    scene      what a picture consists of: boxes, arrows, which Values share a box
    graphviz   the scene as a picture that Graphviz lays out
    page       the scene as a page that steps through it
    reports    tables: gradient_report, Watch, sensitivity
    plots      figures: plot_history and the others
    saving, micrograd, style, text, checks   files; micrograd's names; colours and widths;
               numbers as text; arguments that are checked in several places
"""

import importlib
from typing import TYPE_CHECKING, Any

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"viz needs the autograd of dcdw, but another package of that name comes first: "
        f"{autograd.__file__}. Run `pip uninstall autograd` and install dcdw again, or use an "
        "environment of its own"
    )

from viz.graphviz.draw import draw
from viz.graphviz.run_dot import RenderError
from viz.micrograd import draw_dot, trace
from viz.page.step import step
from viz.reports.gradients import gradient_report
from viz.reports.sensitivity import sensitivity
from viz.reports.watch import Watch
from viz.saving import save

if TYPE_CHECKING:
    from viz.plots.decision import plot_decision
    from viz.plots.training import plot_gradient_flow, plot_history
    from viz.plots.weights import plot_weights

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

_PLOTS = {
    "plot_decision": "decision",
    "plot_gradient_flow": "training",
    "plot_history": "training",
    "plot_weights": "weights",
}


def __getattr__(name: str) -> Any:
    """The plots, whose library takes longer to import than all the rest."""
    if name not in _PLOTS:
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    return getattr(importlib.import_module(f"viz.plots.{_PLOTS[name]}"), name)
