# Dispatch: how operators and functions reach the recorders, and what counts as a number.


cdef str kind_of(object x):
    return "None" if x is None else type(x).__name__


cdef double real(object x, str where) except? -1.0:
    """`x` as a double, or a TypeError that says what to write."""
    if is_real(x):
        return as_double(x)
    raise TypeError(f"{where} takes a real number, not {kind_of(x)}{advice(x)}")


cdef inline bint is_real(object x):
    return PyFloat_Check(x) or PyLong_Check(x) or isinstance(x, numbers.Real)


cdef inline double as_double(object x) except? -1.0:
    """A real number as a double."""
    if PyFloat_Check(x):
        return PyFloat_AS_DOUBLE(x)
    return PyLong_AsDouble(x) if PyLong_Check(x) else float(x)


cdef str advice(object x):
    """What to write instead of `x`, where one can tell."""
    if isinstance(x, (str, bytes)):
        return f"; write float({x!r}) if it spells one" if len(x) < 40 else ""
    if isinstance(x, complex):
        return "; write z.real, z.imag or abs(z)"
    if type(x) is Value:
        return "; write v.data for its number"
    if hasattr(x, "__array_ufunc__"):
        return "; write [Value(number) for number in array] or use NumPy's function of that name"
    if isinstance(x, (list, tuple, set, dict)):
        return "; take its items one by one"
    return ""


cdef str plain_text(object text):
    """The text of a str.  What a subclass holds besides might hold the Value in turn, and the
    cyclic collector does not look into Values."""
    return text if type(text) is str else PyUnicode_FromObject(text)


cdef inline double number(object x, int op) except? -1.0:
    """A number that is an operand, as a double; else a TypeError."""
    return as_double(x) if is_real(x) else real(x, name_of(op))


cdef inline Value operand(object x, int op):
    """A Value as it is, a number as a constant; else a TypeError."""
    return <Value>x if type(x) is Value else constant(number(x, op))


cdef object refuse(object x, int op):
    """NotImplemented, so that the other operand's type may answer; a TypeError
    where nobody could."""
    if x is None or isinstance(x, (str, bytes, complex)):
        raise TypeError(
            f"{row_of(op).symbol} takes a Value and a real number, not {kind_of(x)}{advice(x)}"
        )
    return NotImplemented


cdef inline object binary(int op, object x, object y):
    """An operator: one of the two is a Value."""
    if type(x) is Value:
        if type(y) is Value:
            return record2(op, <Value>x, <Value>y)
        if PyFloat_Check(y):
            return record2(op, <Value>x, constant(PyFloat_AS_DOUBLE(y)))
        if not is_real(y):
            return refuse(y, op)
        return record2(op, <Value>x, constant(as_double(y)))
    if PyFloat_Check(x):
        return record2(op, constant(PyFloat_AS_DOUBLE(x)), <Value>y)
    if not is_real(x):
        return refuse(x, op)
    return record2(op, constant(as_double(x)), <Value>y)


cdef object call1(int op, object x):
    cdef double unused[1]
    if type(x) is Value:
        return record1(op, <Value>x)
    return apply1(op, number(x, op), unused, 0)


cdef object call2(int op, object x, object y):
    cdef double unused[2]
    if type(x) is Value or type(y) is Value:
        return record2(op, operand(x, op), operand(y, op))
    return apply2(op, number(x, op), number(y, op), unused, 0)


cdef object call3(int op, object x, object y, object w):
    cdef double unused[3]
    if type(x) is Value or type(y) is Value or type(w) is Value:
        return record3(op, operand(x, op), operand(y, op), operand(w, op))
    return apply3(op, number(x, op), number(y, op), number(w, op), unused, 0)


cdef list operand_list(tuple arguments, int op):
    """The operands of `max(x, y, …)` or of `max([x, y, …])`."""
    if len(arguments) != 1:
        return list(arguments)
    only = arguments[0]
    if type(only) is list:
        return list(only)
    if type(only) is Value or isinstance(only, numbers.Real):
        return [only]
    if isinstance(only, (str, bytes, dict)) or not hasattr(only, "__iter__"):
        raise TypeError(
            f"{name_of(op)} takes numbers and Values, or one list of them, not {kind_of(only)}"
        )
    return list(only)


cdef object call_many(int op, list operands):
    """Of no operands, what the row says (`sum` is 0, `prod` 1); most have no answer."""
    if operands:
        return record_many(op, operands)
    empty = row_of(op).empty
    if empty is not None:
        return empty
    raise ValueError(f"{name_of(op)} needs at least one operand")


cdef object call_pairs(int op, object xs, object ys, object bias):
    """Over pairs: two lists of one length, and one operand more (of `dot`, what is added)."""
    cdef list operands = operand_list((xs,), op)
    cdef Py_ssize_t n = len(operands)
    operands += ys if type(ys) is list else operand_list((ys,), op)
    if len(operands) != 2 * n:
        raise ValueError(
            f"{name_of(op)} takes two lists of one length, not of {n} and {len(operands) - n}"
        )
    operands.append(bias)
    return record_many(op, operands)


cdef list call_each(int op, list operands):
    """One result an operand, which comes first in its own (`softmax`)."""
    return [(each := call_many(op, [x] + operands[:k] + operands[k + 1:]))
            for k, x in enumerate(operands)]


include "functions.pxi"  # tanh …: written from the table


def add_method(str name, function):
    """Make `function` a method of Value."""
    cdef dict methods = <dict>(<PyTypeObject *>Value).tp_dict
    if name in methods:
        raise ValueError(f"Value has {name!r} already")
    methods[name] = function
    PyType_Modified(<PyTypeObject *>Value)


for _op in TABLE:
    add_method(_op.name, globals()[_op.name])
    if _op.numpy:  # the method that NumPy's function calls on an array of Values
        add_method(_op.numpy, globals()[_op.name])
