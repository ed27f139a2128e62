# What adds to the gradients of weights in other threads, and what a fork does to it.


# Held by who adds to them without the interpreter's lock, or adds what was computed without it.
ADDING = RLock()

# Programs under way that add to flattened gradients where these are, without the
# interpreter's lock.
cdef size_t unlocked = 0
cdef size_t process = 1


cdef void begin_unlocked() noexcept:
    global unlocked
    unlocked += 1


cdef void end_unlocked() noexcept:
    global unlocked
    unlocked -= 1


cdef inline int wait_for_unlocked() except -1:
    """What is added at the same time would be lost; none can begin until we let others run."""
    if unlocked:
        with ADDING:
            pass
    return 0


def begin_child():
    """In a forked process: what other threads were at is not under way here."""
    global process, draining
    process += 1
    draining = False
    ADDING.release()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    # Nothing is added meanwhile, so that no child begins with half a contribution.
    os.register_at_fork(
        before=ADDING.acquire, after_in_parent=ADDING.release, after_in_child=begin_child
    )
