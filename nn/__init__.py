"""Neurons, layers and MLPs made of Values, and what trains them.

Module                          finds its parameters; `state_dict()`, `zero_grad()`
Neuron, Layer, MLP, Sequential  models
RNNCell                         a recurrent model
init                            how weights start
SGD                             gradient descent, with momentum
table                           numbers from a CSV file: read, held out, standardised
"""

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"nn needs the autograd of dcdw, but another package of that name comes first: "
        f"{autograd.__file__}. Run `pip uninstall autograd` and install dcdw again, or use an "
        "environment of its own"
    )

from nn import init
from nn.layers import MLP, Layer, Neuron, Sequential
from nn.module import Module
from nn.optim import SGD
from nn.recurrent import RNNCell

__all__ = ["MLP", "SGD", "Layer", "Module", "Neuron", "RNNCell", "Sequential", "init"]
