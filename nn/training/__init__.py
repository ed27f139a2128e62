"""A model learns from examples.

fit          arguments, checked, and put together
epochs       epochs: validation, early stopping, callbacks, the progress bar
batches      batches: gradients, and changes of the weights
executor     a model and its loss over many examples: replayed by a program, or recorded
example      one example: what is called, with what, and what comes out
divergence   losses and weights that become nan: the way back, and the operation to blame
evaluation   evaluate, predict
data         inputs and targets as arrays of numbers
metric       accuracy
changes      what a callback changes in the model
history      what was measured
interrupt    Ctrl-C
"""

from nn.training.divergence import DivergedError
from nn.training.epochs import State
from nn.training.evaluation import evaluate, predict
from nn.training.fit import fit
from nn.training.history import History
from nn.training.metric import Score

__all__ = ["DivergedError", "History", "Score", "State", "evaluate", "fit", "predict"]
