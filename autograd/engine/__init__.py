"""The engine: `Value`, which records operations, and the reverse sweep.

value.pyx     the class; `value.pxd`, what a node holds
record.pxi    an operation becomes a node with one partial an operand
order.pxi     the nodes below C, operands before results, without recursion
backward.pxi  multiply along edges, add at nodes
dealloc.pxi   a long graph is freed without recursion
"""
