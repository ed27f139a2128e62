"""Optimisers: how weights move, given their gradients.

base      Optimizer: parameters, gradients set to 0, one step
rules     SGD, RMSprop, Adam, AdamW: each rule once, over vectors
vectors   the numbers of parameters as arrays: where they live, or copies
clipping  gradients scaled down where they are too long
penalty   the gradient of l1 and l2
"""

from nn.optim.base import Optimizer
from nn.optim.clipping import clip_grad_norm
from nn.optim.rules import SGD, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "clip_grad_norm"]
