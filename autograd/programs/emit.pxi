# Lowering, last stage: the instructions.


cdef int emit(Builder b, Steps *tape, uint32_t[::1] nodes, uint32_t[::1] slot, uint32_t[::1] u,
              uint32_t[::1] row, size_t *scratch) except -1:
    """The instructions for `nodes`, whose order is settled."""
    cdef size_t n = nodes.shape[0], i, j, e = 0, operands = 0
    for i in range(n):
        operands += b.count[nodes[i]] + 2
    tape.steps = <Step *>calloc(n + 1, sizeof(Step))
    tape.operands = <uint32_t *>malloc((operands + 1) * sizeof(uint32_t))
    if tape.steps is NULL or tape.operands is NULL:
        raise MemoryError("no memory is left for the program")
    i = 0
    while i < n:
        j = i + 1
        while j < n and alike(b, nodes[i], nodes[j]):
            j += 1
        e = emit_step(b, &tape.steps[tape.count], tape.operands, e, nodes[i:j], slot, u, row, scratch)
        tape.count += 1
        i = j
    return 0


cdef size_t emit_step(Builder b, Step *s, uint32_t *operands, size_t e, uint32_t[:] nodes,
                      uint32_t[::1] slot, uint32_t[::1] u, uint32_t[::1] row, size_t *scratch) except? 0:
    """One instruction, whose operands are written from place e on; the next free place."""
    cdef uint32_t k = nodes[0]
    cdef size_t i, j, m = nodes.shape[0], width = b.count[k], needed
    cdef uint32_t bias
    s.first, s.count, s.out, s.code = e, m, slot[k], b.code[k]
    s.by_inputs, s.by_weights = b.edge_mask[k] & 7, b.edge_mask[k] >> 3
    s.loose = b.reassociate and not b.strict[k]
    if b.code[k] == LAYER:
        s.kind, s.width = KIND_LAYER, (width - 1) // 2
        for j in range(s.width):
            operands[e + j] = slot[b.pool[b.at[k] + 1 + j]]
        s.together = in_a_row(operands + e, s.width)
        s.of_inputs = s.together and s.width and operands[e] + s.width <= b.inputs
        e += s.width
        for i in range(m):
            bias = b.pool[b.at[nodes[i]]]
            operands[e + i] = row[nodes[i]]
            operands[e + m + i] = NO_SLOT if bias == b.minus_zero else u[bias]
        needed = s.width * MOST_LANES
        e += 2 * m
    elif b.code[k] >= SUM or is_many(b.code[k]):
        if b.code[k] == SOFTMAXES:
            s.kind, s.width = KIND_SOFTMAX, width
        else:
            s.kind, s.width = KIND_SUM if b.code[k] >= SUM else KIND_MANY, width
        if s.kind == KIND_SUM:
            s.code = STEP_SUM if b.code[k] == SUM else STEP_DOT
        for j in range(width):
            operands[e + j] = slot[b.pool[b.at[k] + j]]
        needed = (MOST_LANES if s.kind == KIND_SOFTMAX else 2) * width
        e += width
    else:
        s.kind, s.width, s.together, needed = width, width, m > 1, 0
        for j in range(width):
            for i in range(m):
                operands[e + i] = slot[b.pool[b.at[nodes[i]] + j]]
            s.together &= in_a_row(operands + e, m)
            e += m
    if needed > scratch[0]:
        scratch[0] = needed
    return e


cdef int find_weights_of_layers(WeightPlaces t, Plan *p, Builder b, uint32_t[::1] once, uint32_t[::1] u) except -1:
    """Between which slots of u they are, and which of the weights have other uses too."""
    cdef Step *s
    cdef size_t i, j
    cdef uint32_t *x
    t.layers_first, t.layers_end = p.u_size, 0
    for i in range(p.varying.count):
        s = &p.varying.steps[i]
        if s.kind == KIND_LAYER:
            x = p.varying.operands + s.first + s.width
            for j in range(s.count):
                t.layers_first = min(t.layers_first, x[j])
                t.layers_end = max(t.layers_end, x[j] + s.width)
                if x[s.count + j] != NO_SLOT:
                    t.layers_first = min(t.layers_first, x[s.count + j])
                    t.layers_end = max(t.layers_end, x[s.count + j] + 1)
    used_ = np.zeros(p.u_size, np.uint8)
    cdef uint8_t[::1] used = used_
    for i in range(once.shape[0]):
        for j in range(b.count[once[i]]):
            used[u[b.pool[b.at[once[i]] + j]]] = 1
    for i in range(p.splats):
        used[p.splat[i]] = 1
    for i in range(p.copies):
        used[p.copied[2 * i + 1]] = 1
    mixed = np.flatnonzero(used_).astype(np.uint32)
    t.mixed_count, t.mixed = len(mixed), <uint32_t *>copied(mixed)
    t.u_size = p.u_size
    return 0


cdef bint in_a_row(uint32_t *slots, size_t n) noexcept:
    cdef size_t i
    for i in range(1, n):
        if slots[i] != slots[0] + i:
            return False
    return True
