# Lowering, second stage: chains of additions and of products become one instruction.


cdef inline bint inner(Builder b, uint32_t k, int code) noexcept:
    """Whether k is an operation of that code which one other alone uses."""
    return b.code[k] == code and b.uses[k] == 1 and not b.stopped[k]


cdef inline bint ends_in_product(Builder b, uint32_t k) noexcept:
    return (inner(b, b.pool[b.at[k]], OP_MUL)
            or inner(b, b.pool[b.at[k] + 1], OP_MUL))


cdef int fuse(Builder b) except -1:
    """b + w0·x0 + w1·x1 … becomes a dot, x0 + x1 + x2 … a sum, added in that order."""
    cdef size_t k
    for k in range(b.n - 1, -1, -1):
        if b.live[k] and b.code[k] == OP_ADD and not b.stopped[k]:
            if ends_in_product(b, k):
                fuse_products(b, k)
            else:
                fuse_terms(b, k)
    return 0


cdef int fuse_products(Builder b, uint32_t k) except -1:
    cdef list terms = [], gone = []
    cdef uint32_t here = k, x, y, rest, term
    while True:
        x, y = b.pool[b.at[here]], b.pool[b.at[here] + 1]
        term, rest = (y, x) if inner(b, y, OP_MUL) else (x, y)
        terms.append(term)
        gone.append(term)
        if inner(b, rest, OP_ADD) and ends_in_product(b, rest):
            gone.append(rest)
            here = rest
            continue
        break
    if inner(b, rest, OP_MUL):
        terms.append(rest)
        gone.append(rest)
        rest = b.minus_zero  # -0.0 + x is x, also where x is a zero
    if len(terms) < 2:
        return 0
    cdef size_t e = b.edges
    b.pool[e] = rest
    e += 1
    for term in reversed(terms):
        b.pool[e], b.pool[e + 1] = b.pool[b.at[term]], b.pool[b.at[term] + 1]
        e += 2
    b.replace(k, DOT, e, gone)
    b.live[rest] = 1
    return 0


cdef int fuse_terms(Builder b, uint32_t k) except -1:
    cdef list terms = [], gone = []
    cdef uint32_t here = k, x, y, rest, term
    while True:
        x, y = b.pool[b.at[here]], b.pool[b.at[here] + 1]
        if inner(b, x, OP_ADD) and not ends_in_product(b, x):
            rest, term = x, y
        elif inner(b, y, OP_ADD) and not ends_in_product(b, y):
            rest, term = y, x
        else:
            break
        terms.append(term)
        gone.append(rest)
        here = rest
    if not terms:
        return 0
    cdef size_t e = b.edges
    for term in [x, y, *reversed(terms)]:
        b.pool[e] = term
        e += 1
    b.replace(k, SUM, e, gone)
    return 0
