"""Neurons, layers and MLPs made of Values, and what trains them.

Module                          finds its parameters; `state_dict()`, `zero_grad()`
Neuron, Layer, MLP, Sequential  models
RNNCell                         a recurrent model
Dropout, GaussianNoise          layers that draw random numbers in training; `noise`: one's own
init                            how weights start
loss                            quadratic, hinge, cross-entropy from logits, …
SGD, RMSprop, Adam, AdamW       how weights move; `clip_grad_norm`
fit, evaluate, predict          training; `History`, `State` of a callback, `DivergedError`
schedule                        the learning rate as a function of the step
flatten                         weights in one vector, for faster steps
save, load                      weights in a safetensors file
table                           numbers from a CSV file: reading, holding out, standardising
"""

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"nn needs the autograd of dcdw, but another package of that name comes first: "
        f"{autograd.__file__}. Run `pip uninstall autograd` and install dcdw again, or use an "
        "environment of its own"
    )

from nn import init, loss, noise, schedule, table
from nn.dropout import Dropout, GaussianNoise
from nn.flatten import Flat, flatten
from nn.layers import MLP, Layer, Neuron, Sequential
from nn.module import Module
from nn.optim import SGD, Adam, AdamW, Optimizer, RMSprop, clip_grad_norm
from nn.recurrent import RNNCell
from nn.saving import SavedModelError, load, save
from nn.training import DivergedError, History, Score, State, evaluate, fit, predict

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "DivergedError",
    "Dropout",
    "Flat",
    "GaussianNoise",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSprop",
    "RNNCell",
    "SavedModelError",
    "Score",
    "Sequential",
    "State",
    "clip_grad_norm",
    "evaluate",
    "fit",
    "flatten",
    "init",
    "load",
    "loss",
    "noise",
    "predict",
    "save",
    "schedule",
    "table",
]
