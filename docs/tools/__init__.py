"""What the documentation is built with, besides Sphinx.

accuracy    measures every operation's largest error in units in the last place
tex         a row's rules as mathematics
operations  the table of operations as a page
reference   the pages of the API reference, one per module
blocks      the Python blocks of a page, run
pictures    what a page draws, drawn
docstrings  our docstrings as Sphinx wants them
mathml      mathematics as MathML, without scripts or a network
"""
