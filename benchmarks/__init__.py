"""Every speed claim of this project, measured beside its peers in one run.

    python -m benchmarks                all of it; JSON and pictures go to benchmarks-out/
    python -m benchmarks engine         one subject
    python -m benchmarks --list         what there is to measure

What is where:

    measure     pairs of timings, taken alternately; bytes that stay
    peers       the other engines, those that are installed
    others      the other tools that give derivatives of functions
    functions   what is differentiated
    machine     where the figures were taken
    environment an environment for HIPS autograd
    report      the table
    results     the tables as JSON
    figure      the tables as pictures
    engine      recording and backward
    derivatives the cheap gradient, higher orders, sparse Hessians
    testing     what a check costs and what it finds
    planted     random graphs, with errors planted in them
    compile     compiled programs: training steps, replay, tracing
    drawing     pictures, reports, a watched training step
    growth      time and memory by the number of nodes
    tensors     the same training steps, with arrays of PyTorch, JAX and NumPy
    training    whole trainings through nn, those of `examples/`
    plain       scalar values in plain Python, and a transformer of them
    tape.c      a plain C tape interpreter, the yardstick

These are reports: a target that is missed is printed as missed, nothing fails.
"""
