# Nodes from their parts, nothing computed: for copies, pickles and what the table has no rule for.


def make_node(int code, tuple args, double data, tuple partials, double grad, str label,
              bint is_constant, int skip, str scope_name=None):
    """A Value exactly as described, nothing computed; in the current scope if none is named."""
    cdef Value z = new_node()
    cdef size_t n = len(args)
    if <size_t>len(partials) != n or not is_code(code) or (code == 0) != (n == 0):
        raise ValueError("the parts of this Value do not fit together")
    z.flags = CONSTANT if is_constant else 0
    alloc_operands(z, code, n)
    hold_operation(z)
    for k in range(n):
        set_operand(operands_of(z), k, <Value?>args[k])
        partials_of(z)[k] = partials[k]
    if n == 0:
        z.locals.leaf.born = derivatives_begun
    z._data, z._grad, z.skip = data, grad, skip
    z.label = label
    if scope_name is not None:
        z.scope_number = number_of_scope(scope_name)
    return z


def skip_mask(Value z):
    """The operands that no derivative flows to, as bits; constants need none."""
    return z.skip
