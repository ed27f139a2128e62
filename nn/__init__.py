"""Neurons, layers and MLPs made of Values, and what trains them.

Module, Neuron, Layer, MLP      models; `parameters()`, `zero_grad()`
SGD                             gradient descent, with momentum
flatten                         weights in one vector, for faster steps
table                           numbers from a CSV file: read, held out, standardised
"""

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"nn needs the autograd of dcdw, but another package of that name comes first: "
        f"{autograd.__file__}. Run `pip uninstall autograd` and install dcdw again, or use an "
        "environment of its own"
    )

from nn.flatten import Flat, flatten
from nn.module import MLP, Layer, Module, Neuron
from nn.optim import SGD

__all__ = ["MLP", "SGD", "Flat", "Layer", "Module", "Neuron", "flatten"]
