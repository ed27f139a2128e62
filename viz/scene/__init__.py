"""What a picture of a graph consists of, independent of how it is drawn: boxes and arrows.

graph_arrays    a graph as arrays, with what flows along its edges
partition       which Values share a box: layers by their names, leaves by their users
acyclic_groups  no box feeds itself through another
compose         the boxes and arrows of a partition (elements)
collapse        how far a graph is collapsed
"""
