# The last stage of `Tape`: which instruction comes when, and which slot holds what.


cdef object ordered(Builder b, object ids):
    """The nodes by level; in a level, those that can run as one stand together."""
    keys = (ids, np.asarray(b.rank)[ids], np.asarray(b.wanted)[ids], np.asarray(b.group)[ids], np.asarray(b.code)[ids],
            np.asarray(b.level)[ids])
    return ids[np.lexsort(keys)].astype(np.uint32)


cdef int build(Tape t, Builder b) except -1:
    cdef Plan *p = &t.plan
    chosen = np.flatnonzero((np.asarray(b.live)[:b.n] != 0) & (np.asarray(b.role)[:b.n] == COMPUTED))
    each = np.asarray(b.varying)[chosen] != 0
    once_, rows_ = ordered(b, chosen[~each]), ordered(b, chosen[each])
    cdef uint32_t[::1] once = once_, rows = rows_
    u_, v_ = np.full(b.n + 1, NO_SLOT, np.uint32), np.full(b.n + 1, NO_SLOT, np.uint32)
    row_ = np.full(b.n + 1, NO_SLOT, np.uint32)
    cdef uint32_t[::1] u = u_, v = v_, row = row_
    share_wanted(b, rows)
    p.inputs, p.outputs, p.guards = b.inputs, len(b.outputs), len(b.guards)
    place_fixed(t, b, once, rows, u, row)
    place_varying(t, b, rows, u, v)
    emit(b, &p.fixed, once, u, u, row, &p.room)
    emit(b, &p.varying, rows, v, u, row, &p.room)
    find_weights_of_layers(t, b, once, u)
    p.lanes = MOST_LANES
    while p.lanes > 8 and 16 * p.lanes * p.v_size > <size_t>1 << 20:
        p.lanes //= 2  # what is worked on fits the processor's cache
    return 0


cdef void share_wanted(Builder b, uint32_t[::1] rows) noexcept:
    """The rows of a layer are one instruction, so what one row wants all do."""
    cdef size_t i, j, k
    cdef uint8_t wanted
    i = 0
    while i < <size_t>rows.shape[0]:
        j = i + 1
        if b.code[rows[i]] in (LAYER, SOFTMAXES):
            wanted = b.wanted[rows[i]]
            while j < <size_t>rows.shape[0] and alike(b, rows[i], rows[j]):
                wanted |= b.wanted[rows[j]]
                j += 1
            for k in range(i, j):
                b.wanted[rows[k]] = wanted
        i = j


cdef bint alike(Builder b, uint32_t i, uint32_t j) noexcept:
    """Whether two nodes that stand together run as one instruction."""
    if b.code[i] != b.code[j] or b.level[i] != b.level[j] or b.group[i] != b.group[j]:
        return False
    if b.code[i] in (LAYER, SOFTMAXES):
        return True
    return b.wanted[i] == b.wanted[j] and b.code[i] < SUM and not is_many(b.code[i])


cdef int place_fixed(Tape t, Builder b, uint32_t[::1] once, uint32_t[::1] rows, uint32_t[::1] u,
                     uint32_t[::1] row) except -1:
    """Slots in u.  The weights of a layer's row stand together, by copying if need be."""
    cdef size_t next = 0, i, j, n, at, k
    cdef uint32_t x
    cdef list copies = []
    cdef Plan *p = &t.plan
    for i in range(rows.shape[0]):
        if b.code[rows[i]] == LAYER:
            at, n = b.at[rows[i]], (b.count[rows[i]] - 1) // 2
            for j in range(n + 1):
                x = b.pool[at + 1 + n + j] if j < n else b.pool[at]
                if b.role[x] != COMPUTED and u[x] == NO_SLOT:
                    u[x] = next
                    next += 1
    for k in range(b.n):
        if b.live[k] and b.role[k] in (WEIGHT, FIXED) and u[k] == NO_SLOT:
            u[k] = next
            next += 1
    for i in range(once.shape[0]):
        u[once[i]] = next
        next += 1
    for i in range(rows.shape[0]):
        if b.code[rows[i]] == LAYER:
            at, n = b.at[rows[i]], (b.count[rows[i]] - 1) // 2
            at += 1 + n
            row[rows[i]] = u[b.pool[at]] if n else 0
            for j in range(n):
                if u[b.pool[at + j]] != row[rows[i]] + j:
                    break
            else:
                continue
            row[rows[i]] = next
            for j in range(n):
                copies += [next, u[b.pool[at + j]]]
                next += 1
    p.u_size = next
    p.copies = len(copies) // 2
    p.copied = <uint32_t *>copied(np.array(copies, np.uint32))
    t.start = <double *>calloc(next + 1, sizeof(double))
    t.weight_slot = <uint32_t *>copied(np.full(len(t.weights) + 1, NO_SLOT, np.uint32))
    if t.start is NULL:
        raise MemoryError("no memory is left for the program")
    for k in range(b.n):
        if b.live[k] and b.role[k] == FIXED:
            t.start[u[k]] = b.data[k]
        elif b.live[k] and b.role[k] == WEIGHT:
            t.weight_slot[b.weight[k]] = u[k]
    return 0


cdef int place_varying(Tape t, Builder b, uint32_t[::1] rows, uint32_t[::1] u, uint32_t[::1] v) except -1:
    """Slots in v: the inputs, what is spread over the lanes, the results."""
    cdef size_t i, j, k
    cdef uint32_t x
    cdef list spread = []
    cdef Plan *p = &t.plan
    cdef size_t next = p.inputs
    for k in range(p.inputs):
        v[k] = k
    roots = np.concatenate([b.outputs, b.guards[:, :2].ravel()]).astype(np.uint32)
    for x in roots.tolist():
        if not b.varying[x] and v[x] == NO_SLOT:
            v[x] = next
            next += 1
            spread.append(u[x])
    for i in range(rows.shape[0]):
        if b.code[rows[i]] != LAYER:
            for j in range(b.count[rows[i]]):
                x = b.pool[b.at[rows[i]] + j]
                if not b.varying[x] and v[x] == NO_SLOT:
                    v[x] = next
                    next += 1
                    spread.append(u[x])
    for i in range(rows.shape[0]):
        v[rows[i]] = next
        next += 1
    p.splats, p.v_size = len(spread), next
    p.splat = <uint32_t *>copied(np.array(spread, np.uint32))
    p.output = <uint32_t *>copied(np.asarray(v)[b.outputs])
    guards = b.guards.copy()
    guards[:, :2] = np.asarray(v)[b.guards[:, :2]]
    p.guard = <Guard *>copied(np.ascontiguousarray(guards, np.int32))
    return 0


cdef void *copied(array) except NULL:
    """The bytes of an array, in memory that is freed by `free`."""
    cdef const uint8_t[::1] bytes_ = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    cdef void *block = malloc(bytes_.shape[0] + 8)
    if block is NULL:
        raise MemoryError("no memory is left for the program")
    if bytes_.shape[0]:
        memcpy(block, &bytes_[0], bytes_.shape[0])
    return block


cdef int emit(Builder b, Steps *tape, uint32_t[::1] nodes, uint32_t[::1] slot, uint32_t[::1] u,
              uint32_t[::1] row, size_t *room) except -1:
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
        e = emit_step(b, &tape.steps[tape.count], tape.operands, e, nodes[i:j], slot, u, row, room)
        tape.count += 1
        i = j
    return 0


cdef size_t emit_step(Builder b, Step *s, uint32_t *operands, size_t e, uint32_t[:] nodes,
                      uint32_t[::1] slot, uint32_t[::1] u, uint32_t[::1] row, size_t *room) except? 0:
    """One instruction, whose operands are written from place e on; the next free place."""
    cdef uint32_t k = nodes[0]
    cdef size_t i, j, m = nodes.shape[0], width = b.count[k], needed
    cdef uint32_t bias
    s.first, s.count, s.out, s.code = e, m, slot[k], b.code[k]
    s.by_inputs, s.by_weights = b.wanted[k] & 7, b.wanted[k] >> 3
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
    if needed > room[0]:
        room[0] = needed
    return e


cdef int find_weights_of_layers(Tape t, Builder b, uint32_t[::1] once, uint32_t[::1] u) except -1:
    """Between which slots of u they are, and which of the weights have other uses too."""
    cdef Plan *p = &t.plan
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
    loose = np.flatnonzero(used_).astype(np.uint32)
    t.loose_count, t.loose = len(loose), <uint32_t *>copied(loose)
    return 0


cdef bint in_a_row(uint32_t *slots, size_t n) noexcept:
    cdef size_t i
    for i in range(1, n):
        if slots[i] != slots[0] + i:
            return False
    return True
