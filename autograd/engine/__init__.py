"""The engine: `Value`, a number that records how it was computed, and its gradient.

The essential reading:

value.pyx, .pxd  the class; what a node holds
record.pxi       an operation becomes a node with one partial an operand
order.pxi        the nodes below C, operands before results, without recursion
backward.pxi     multiply along edges, add at nodes
dealloc.pxi      a long graph is freed without recursion

Beside it:

dispatch.pxi     how operators and functions reach the recorders
registry.pxi     every operation's code and row; custom.pxi, those of users
allocation.pxi   where nodes come from and go to; stacks.pxi, copies.pxi, subgraph.pxi
contexts.pxi     what holds in a thread or task: modes, scopes.pxi, tracing.pxi, anomaly.pxi
comparisons.pxi  `<` and its like; comparisons.py, with what is neither Value nor float
flat_leaves.pxi  leaves whose numbers live in vectors; stale.pxi, locks.pxi
numerics.h       C functions that the C library lacks;  c_api.pxi, what is taken from C
"""
