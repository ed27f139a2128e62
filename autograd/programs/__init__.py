"""Recorded graphs, frozen and replayed.

compiled      compile: a function traced once, replayed over numbers or batches
program       Program: a recorded graph, frozen
captures      what a function depends on besides its arguments
ir            a graph as arrays
tape          the instructions made of it, and their replay
program_file  a program in a file
export        a program as Python, C or a function of JAX
"""

from autograd.programs.compiled import Compiled, compile
from autograd.programs.program import Program

__all__ = ["Compiled", "Program", "compile"]
