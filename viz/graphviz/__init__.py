"""The scene of a graph as a picture that Graphviz lays out.

draw         `draw`: boxes, arrows and frames in Graphviz's language
attributes   what a box and an arrow look like; markup, the text in them; legend, below them
picture      a picture that is laid out in limited time
run_dot      the program that does it
"""
