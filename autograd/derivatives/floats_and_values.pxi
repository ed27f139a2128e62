# Lists of floats and Values, as functions take and return them.


cdef inline double number(object x) except? -1.0:
    """What `pull` and `push` take: a float, or a Value for its number."""
    return data_of(<Value>x) if type(x) is Value else <double>x


cdef inline bint varies(object x) noexcept:
    return type(x) is Value and not (<Value>x).flags & CONSTANT


def are_plain(xs):
    """Whether a list or tuple holds floats and Values only."""
    cdef object x
    if type(xs) is tuple:
        for x in <tuple>xs:
            if type(x) is not float and type(x) is not Value:
                return False
    else:
        for x in <list?>xs:
            if type(x) is not float and type(x) is not Value:
                return False
    return True


def any_varies(list xs):
    """Whether a derivative may flow to any of these floats and Values."""
    for x in xs:
        if varies(x):
            return True
    return False


def begin():
    """A derivative begins: its number, by which leaves from outside are told from its own."""
    return begin_derivative()


def own(list xs):
    """A new Value for each float or Value; linked to the Value if that varies."""
    return [(each := input_alias(x) if type(x) is Value and is_live(<Value>x) else leaf(number(x)))
            for x in xs]


cdef inline bint is_live(Value x) noexcept:
    """Whether x varies, or may have another number when a trace is replayed."""
    return x.count or not x.flags & CONSTANT


def as_values(list xs):
    """Floats as constants, Values as they are."""
    return [(each := x if type(x) is Value else constant(x)) for x in xs]


def as_floats(list xs):
    """Values for their numbers."""
    cdef object each
    return [(each := number(x)) for x in xs]
