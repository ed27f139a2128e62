"""Property tests of derivatives.

    reference       every operation's value in mpmath, at 50 digits
    replay          a recorded graph computed again there, and differenced
    strategies      hypothesis strategies: random programs of Values

The modules need mpmath and hypothesis (`pip install "dcdw[test]"`).
"""
