# What is taken from C: the rules of the table, and of Python what Cython does not declare.

cdef extern from "ops.h" nogil:
    double apply1(int op, double x, double *p, unsigned needed)
    double apply2(int op, double x, double y, double *p, unsigned needed)
    double apply3(int op, double x, double y, double c, double *p, unsigned needed)
    double apply_many(int op, const double *v, size_t count, double *p)
    bint may_skip(int op)
    bint is_many(int op)
    enum:
        FIRST_USER
    bint is_no_edge(double p)

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        PyObject *tp_dict
        Py_ssize_t tp_basicsize
        void (*tp_dealloc)(PyObject *) noexcept
        Py_ssize_t tp_vectorcall_offset
        PyObject *(*tp_call)(PyObject *, PyObject *, PyObject *) noexcept
        unsigned long tp_flags
    void PyType_Modified(PyTypeObject *)
    double PyLong_AsDouble(object) except? -1.0
    Py_ssize_t Py_REFCNT(PyObject *o)
    PyObject *PyObject_Malloc(size_t size)
    void PyObject_Free(PyObject *x)
    object PyObject_Init(PyObject *x, PyTypeObject *type)
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *) noexcept
    PyObject *PyObject_Vectorcall(PyObject *, PyObject *const *, size_t, PyObject *) noexcept
    PyObject *PyVectorcall_Call(PyObject *, PyObject *, PyObject *) noexcept
    Py_ssize_t PyVectorcall_NARGS(size_t) noexcept
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    unsigned long Py_TPFLAGS_METHOD_DESCRIPTOR
    PyObject *PyList_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyList_GET_SIZE(object) noexcept
    PyObject *PyTuple_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyTuple_GET_SIZE(object) noexcept
    PyObject *PyDict_GetItemWithError(object, object) except? NULL
    int PyContextVar_Get(object variable, PyObject *default, PyObject **value) except -1
    object PyContextVar_Set(object variable, object value)
    object PyUnicode_FromObject(object text)
