"""Robustness: sanitizers, fuzzing, threads, interrupts, faults."""
