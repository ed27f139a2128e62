"""Recorded graphs, frozen and replayed.

compiled      compile: a function traced once, replayed over numbers or batches
arguments     its arguments as columns of numbers and a key
trace, paths  what it records, and the programs for what it decides
captures      what a function depends on besides its arguments; reached: the Values among it
program       Program: a recorded graph, frozen
ir            a graph as arrays; freeze: recorded Values made one
tape          the instructions made of it, and their replay
program_file  a program in a file
export        a program as Python, C or a function of JAX
"""

from autograd.programs.compiled import Compiled, compile
from autograd.programs.program import Program

__all__ = ["Compiled", "Program", "compile"]
