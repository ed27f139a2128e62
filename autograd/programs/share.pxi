# Lowering, first stage: what is constant is computed, what is alike is shared, what nothing
# needs is dropped.


cdef int fold_and_share(Builder b, graph) except -1:
    cdef uint8_t[::1] role = graph.role, stopped = graph.stopped
    cdef uint16_t[::1] code = graph.code
    cdef uint32_t[::1] start = graph.start, operand = graph.operand
    cdef double[::1] data = graph.data
    cdef size_t n = len(graph), k
    places = np.zeros(n + 1, np.uint32)
    cdef uint32_t[::1] place = places
    cdef uint32_t weights = 0
    cdef double[::1] v = np.empty(np.max(np.diff(graph.start.astype(np.int64)), initial=1))
    for k in range(n):
        if role[k] == INPUT:
            place[k] = b.entered(INPUT)
        elif role[k] == WEIGHT:
            place[k] = b.entered(WEIGHT, 0, False, 0, 0.0, weights)
            weights += 1
        elif role[k] == FIXED:
            place[k] = b.constant(data[k])
        else:
            place[k] = folded_or_shared(b, code[k], stopped[k], &operand[start[k]],
                                        start[k + 1] - start[k], place, &v[0])
    b.zero, b.minus_zero, b.one = b.constant(0.0), b.constant(-0.0), b.constant(1.0)
    b.outputs = places[graph.outputs]
    b.guards = graph.guards.copy()
    b.guards[:, :2] = places[graph.guards[:, :2]]
    return 0


cdef uint32_t folded_or_shared(Builder b, int code, bint stopped, uint32_t *x, size_t n,
                                uint32_t[::1] place, double *v) noexcept:
    cdef size_t k, m
    cdef bint fixed = True
    cdef int run = instruction_of[code]
    cdef uint32_t total, divisor, zero
    cdef uint32_t *p
    for k in range(n):
        fixed &= b.role[place[x[k]]] == FIXED
        v[k] = b.data[place[x[k]]]
    if fixed:
        return b.constant(value_of(code, v, n))
    if code == OP_STOP_GRADIENT:
        stopped = True
    zero = b.constant(0.0) if run == RUN_SUM or run == RUN_MEAN else 0
    divisor = b.constant(<double>n) if run == RUN_MEAN else 0
    p = &b.pool[b.edges]
    if run == RUN_SUM or run == RUN_MEAN:
        p[0] = zero
        for k in range(n):
            p[k + 1] = place[x[k]]
        total = b.node(SUM, stopped, n + 1)
        if run == RUN_SUM:
            return total
        b.pool[b.edges] = total
        b.pool[b.edges + 1] = divisor
        return b.node(OP_DIV, stopped, 2)
    if run == RUN_DOT:
        m = n // 2
        p[0] = place[x[n - 1]]
        for k in range(m):
            p[2 * k + 1], p[2 * k + 2] = place[x[k]], place[x[m + k]]
        return b.node(DOT, stopped, n)
    for k in range(n):
        p[k] = place[x[k]]
    return b.node(code, stopped, n)


cdef double value_of(int code, double *v, size_t n) noexcept:
    if is_many(code):
        return apply_many(code, v, n, NULL)
    if n == 1:
        return apply1(code, v[0], NULL, 0)
    if n == 2:
        return apply2(code, v[0], v[1], NULL, 0)
    return apply3(code, v[0], v[1], v[2], NULL, 0)


cdef int drop_unused(Builder b) except -1:
    cdef size_t k, j
    for root in [*b.outputs.tolist(), *b.guards[:, :2].ravel().tolist()]:
        b.live[root] = 1
        b.uses[root] += 2  # it stays, whoever else uses it
    for root in b.guards[:, :2].ravel().tolist():
        b.strict[root] = b.reassociate
    for k in range(b.n - 1, -1, -1):
        if b.live[k]:
            for j in range(b.count[k]):
                b.live[b.pool[b.at[k] + j]] = 1
                b.uses[b.pool[b.at[k] + j]] += 1
                b.strict[b.pool[b.at[k] + j]] |= b.strict[k]
    return 0
