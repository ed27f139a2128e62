# Lowering, fourth stage: what varies by row, and which dots are the rows of a layer.


cdef int part(Builder b) except -1:
    """What depends on what; which dots have weights that are the same for all rows."""
    cdef size_t k, j
    cdef uint32_t x, level
    cdef dict groups = {}
    for k in range(b.n):
        if b.role[k] == INPUT:
            b.varying[k], b.dep[k] = 1, BY_INPUTS
        elif b.role[k] == WEIGHT:
            b.dep[k] = BY_WEIGHTS
        elif b.live[k] and b.role[k] == COMPUTED:
            for j in range(b.count[k]):
                x = b.pool[b.at[k] + j]
                b.varying[k] |= b.varying[x]
                b.dep[k] |= b.dep[x]
            if b.stopped[k]:
                b.dep[k] = 0
            if b.varying[k] and b.code[k] == DOT:
                make_layer(b, k, groups)
            level = 0
            for j in range(b.count[k]):
                x = b.pool[b.at[k] + j]
                if b.varying[x] == b.varying[k] and b.level[x] > level:
                    level = b.level[x]
            b.level[k] = level + 1
            b.edge_mask[k] = edge_mask_of(b, k)
    return 0


cdef uint8_t edge_mask_of(Builder b, uint32_t k) noexcept:
    """By operand: bits 0-2 whether it depends on inputs, bits 3-5 whether on weights."""
    cdef uint8_t edge_mask = 0, bits
    cdef size_t j, place, n = (b.count[k] - 1) // 2
    if b.stopped[k]:
        return 0
    for j in range(b.count[k]):
        if b.code[k] == LAYER:
            place = 0 if 1 <= j <= n else 1
        else:
            place = j if b.count[k] <= 3 and not is_many(b.code[k]) and b.code[k] < SUM else 0
        bits = b.dep[b.pool[b.at[k] + j]]
        edge_mask |= ((bits & BY_INPUTS) != 0) << place | ((bits & BY_WEIGHTS) != 0) << (place + 3)
    return edge_mask


cdef int make_layer(Builder b, uint32_t k, dict groups) except -1:
    """A dot of numbers that vary with weights that do not is a layer's row."""
    cdef uint32_t *p = &b.pool[b.at[k]]
    cdef size_t n = (b.count[k] - 1) // 2, j, e = b.edges, extra = b.varying[p[0]]
    for j in range(n):
        if b.varying[p[2 * j + 1]] == b.varying[p[2 * j + 2]]:
            return 0
    b.pool[e] = b.minus_zero if extra else p[0]
    if extra:  # a bias that varies is a term of its own: 1·bias
        b.pool[e + 1], b.pool[e + 1 + n + 1] = p[0], b.one
        b.live[b.one] = b.live[b.minus_zero] = 1
    for j in range(n):
        first = b.varying[p[2 * j + 1]]
        b.pool[e + 1 + extra + j] = p[2 * j + 1] if first else p[2 * j + 2]
        b.pool[e + 1 + n + 2 * extra + j] = p[2 * j + 2] if first else p[2 * j + 1]
    n += extra
    b.code[k], b.at[k], b.count[k] = LAYER, e, 1 + 2 * n
    b.edges = e + 1 + 2 * n
    operands = bytes(<uint8_t[:4 * n]><uint8_t *>&b.pool[e + 1]) if n else b""
    key = (b.stopped[k], b.strict[k], operands)
    b.group[k] = groups.setdefault(key, len(groups))
    return 0
