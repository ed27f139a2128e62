"""A hard life: sanitizers, fuzzing, threads, interrupts, faults."""
