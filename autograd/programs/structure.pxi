# What lists, dicts and closures held, by identity: whether they still do.

from types import CellType

cdef extern from *:
    """
    static int same_items(PyObject *list, PyObject *copy) {
        const Py_ssize_t n = PyList_GET_SIZE(list);
        return n == PyTuple_GET_SIZE(copy)
            && (!n || !memcmp(((PyListObject *)list)->ob_item, ((PyTupleObject *)copy)->ob_item,
                              (size_t)n * sizeof(PyObject *)));
    }
    """
    bint same_items(PyObject *list, PyObject *copy) noexcept
    PyObject *PyCell_GET(PyObject *cell) noexcept
    PyObject *PyList_GET_ITEM(list x, Py_ssize_t k) noexcept
    Py_ssize_t PyList_GET_SIZE(list x) noexcept
    PyObject *PyDict_GetItemWithError(PyObject *x, PyObject *key) except? NULL


cdef class Structure:
    """Lists, entries of dicts and cells of closures, as they are when they are added."""

    cdef list lists, copies, arrays, items, dicts, keys, values, sized, sizes, cells, contents

    def __cinit__(self):
        self.lists, self.copies = [], []
        self.arrays, self.items = [], []
        self.dicts, self.keys, self.values = [], [], []
        self.sized, self.sizes = [], []
        self.cells, self.contents = [], []

    def __len__(self):
        return len(self.lists) + len(self.arrays) + len(self.dicts) + len(self.cells)

    def add_list(self, items):
        """All items of a list, and how many they are."""
        if not isinstance(items, list):
            raise TypeError("the items of a list are noted")
        self.lists.append(items)
        self.copies.append(tuple(items))

    def add_array(self, array):
        """All items of an array of objects."""
        self.arrays.append(array)
        self.items.append(tuple(array.flat))

    def add_entry(self, where, key, value):
        """What stands under a key of a dict."""
        if not isinstance(where, dict):
            raise TypeError("the entries of a dict are noted")
        self.dicts.append(where)
        self.keys.append(key)
        self.values.append(value)

    def add_size(self, where):
        """How many entries a dict has."""
        self.sized.append(where)
        self.sizes.append(len(where))

    def add_cell(self, cell, value):
        """What a function closes over."""
        if type(cell) is not CellType:
            raise TypeError("the contents of a cell are noted")
        self.cells.append(cell)
        self.contents.append(value)

    def holds(self):
        """Whether all of it is still there: the same objects, whatever they hold."""
        return (self.lists_hold() and self.entries_hold() and self.cells_hold()
                and self.arrays_hold())

    cdef bint lists_hold(self) noexcept:
        cdef Py_ssize_t k
        for k in range(PyList_GET_SIZE(self.lists)):
            if not same_items(PyList_GET_ITEM(self.lists, k), PyList_GET_ITEM(self.copies, k)):
                return False
        return True

    cdef bint arrays_hold(self) except -1:
        cdef Py_ssize_t k
        cdef list now
        for k in range(PyList_GET_SIZE(self.arrays)):
            now = list(self.arrays[k].flat)
            if not same_items(<PyObject *>now, PyList_GET_ITEM(self.items, k)):
                return False
        return True

    cdef bint entries_hold(self) except -1:
        cdef Py_ssize_t k
        for k in range(PyList_GET_SIZE(self.dicts)):
            if (PyDict_GetItemWithError(PyList_GET_ITEM(self.dicts, k), PyList_GET_ITEM(self.keys, k))
                    != PyList_GET_ITEM(self.values, k)):
                return False
        for k in range(PyList_GET_SIZE(self.sized)):
            if len(<dict>PyList_GET_ITEM(self.sized, k)) != self.sizes[k]:
                return False
        return True

    cdef bint cells_hold(self) noexcept:
        cdef Py_ssize_t k
        for k in range(PyList_GET_SIZE(self.cells)):
            if PyCell_GET(PyList_GET_ITEM(self.cells, k)) != PyList_GET_ITEM(self.contents, k):
                return False
        return True
