/* Programs: what a tape is, and how it is replayed over the rows of a batch.
 *
 * A *slot* holds `lanes` numbers, one for each of some rows that are worked on together.
 * What does not depend on the inputs is computed once a call, one number a slot, in `u`;
 * the rest in `v`, block by block, so that memory does not depend on the batch.
 */
#ifndef AUTOGRAD_TAPE_SIMD_H
#define AUTOGRAD_TAPE_SIMD_H

#include "ops.h"
#include "instructions.h"

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(_MSC_VER)
#define restrict __restrict
#define INLINED __forceinline
#else
#define INLINED inline __attribute__((always_inline))
#endif

enum { STEP_SUM = 1, STEP_DOT = 2 };           /* codes of steps of KIND_SUM */
enum { KIND_MANY = 4, KIND_SUM = 5, KIND_LAYER = 6, KIND_SOFTMAX = 7 }; /* 1, 2, 3: so many operands */
enum { BY_INPUTS = 1, BY_WEIGHTS = 2 };
enum { MOST_LANES = 32 };
#define NO_SLOT UINT32_C(0xffffffff)

/* One instruction.  Its operands stand in `operands` from `first` on:
 *   kinds 1-3   count of operand 0, count of operand 1, …
 *   many, sum   width slots (a dot: the bias, then pairs)
 *   softmax     width slots, of which all softmaxes are wanted: as many results
 *   layer       width slots of x, then count places of rows in u, count of biases in u or NO_SLOT
 */
typedef struct {
    uint64_t first;
    uint32_t count;  /* results, in slots from `out` on */
    uint32_t out;
    uint32_t width;
    uint16_t code;
    uint8_t kind;
    uint8_t together; /* the operands are in successive slots too */
    uint8_t of_inputs; /* and these are inputs */
    uint8_t by_inputs, by_weights; /* bit k: operand k (a layer: x, w) depends on those */
    uint8_t loose; /* sums may be added in any order, products fused with additions */
} Step;

typedef struct {
    Step *steps;
    size_t count;
    uint32_t *operands;
} Tape;

/* `v[a] relation v[b]` had this outcome where the program was recorded. */
typedef struct {
    uint32_t a, b;
    int32_t relation; /* Python's Py_LT … */
    int32_t outcome;
} Guard;

typedef struct {
    Tape fixed, varying;
    size_t inputs, outputs, splats, copies, guards;
    size_t u_size, v_size, scratch;
    uint32_t *splat;   /* in u: what is spread over the slots after the inputs' */
    uint32_t *copied;  /* pairs in u: to, from */
    uint32_t *output;  /* in v */
    Guard *guard;
    size_t lanes; /* at most */
} Plan;

/* One number of every row; a step of 0 repeats one. */
typedef struct {
    double *at;
    ptrdiff_t step;
} Column;

typedef struct {
    Column *inputs, *outputs;
    Column *seeds;  /* ∂C/∂output, or NULL */
    Column *grads;  /* ∂C/∂input, or NULL */
    Column *tangents, *pushed; /* x_dot and z_dot, or NULL */
    unsigned char *fits; /* by row: whether its guards hold, or NULL */
    double *u, *u_bar, *v, *bar, *scratch;
    const double *w; /* the weights of layers: u, or where they live, if they are one vector there */
    double *w_bar;   /* ∂C/∂ those: u_bar, or where it is to be added */
    unsigned wants;
} Run;

/* Rows that are worked on together: `count` from `row` on, in `lanes` lanes, the last one
 * repeated. */
typedef struct {
    size_t lanes, row, count;
    const Column *inputs;
} Block;

/* How many of `most` columns stand side by side, as in a table of rows. */
static size_t side_by_side(const Column *columns, size_t most) {
    size_t n = 1;
    while (n < most && columns[n].at == columns[0].at + n && columns[n].step == columns[0].step) n++;
    return n;
}

/* Where column `k` of a block begins. */
static inline const double *beginning(const Block *b, size_t k) {
    return b->inputs[k].at + (ptrdiff_t)b->row * b->inputs[k].step;
}

#define PROCESSOR plain
#define TARGET
#if defined(__GNUC__)
#define VECTOR_DOUBLES 2
#else
#define VECTOR_DOUBLES 1
#endif
#define REGISTER_DOUBLES 16
#include "tape.h"
#undef PROCESSOR
#undef TARGET
#undef VECTOR_DOUBLES
#undef REGISTER_DOUBLES

#if defined(__GNUC__) && defined(__x86_64__)
#define SEVERAL_PROCESSORS
#define PROCESSOR avx2
#define TARGET __attribute__((target("avx2,fma")))
#define FUSED
#define VECTOR_DOUBLES 4
#define REGISTER_DOUBLES 40
#include "tape.h"
#undef PROCESSOR
#undef TARGET
#undef FUSED
#undef VECTOR_DOUBLES
#undef REGISTER_DOUBLES

#define PROCESSOR avx512
#if defined(__clang__) /* it knows no such preference, and would leave out the whole attribute */
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"), min_vector_width(512)))
#else
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma,prefer-vector-width=512")))
#endif
#define FUSED
#define VECTOR_DOUBLES 8
#define REGISTER_DOUBLES 128
#include "tape.h"
#undef PROCESSOR
#undef TARGET
#undef FUSED
#undef VECTOR_DOUBLES
#undef REGISTER_DOUBLES
#endif

typedef struct {
    const char *name;
    void (*load)(const Block *, size_t, double *);
    void (*forward)(const Tape *, double *, const double *, size_t, double *);
    void (*backward)(const Tape *, double *, const double *, double *, double *, const Block *, unsigned, double *);
    void (*push)(const Tape *, double *, const double *, double *, size_t, double *);
    size_t half_full; /* up to so many lanes, half of them in use are worth the others */
} Processor;

static const Processor PROCESSORS[] = {
    {"plain", load_plain, forward_plain, backward_plain, push_plain, 0},
#ifdef SEVERAL_PROCESSORS
    {"avx2", load_avx2, forward_avx2, backward_avx2, push_avx2, 8},
    {"avx512", load_avx512, forward_avx512, backward_avx512, push_avx512, 16},
#endif
};

/* The best that this machine has, at most `limit`. */
static const Processor *processor_up_to(int limit) {
#ifdef SEVERAL_PROCESSORS
    if (limit >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq"))
        return &PROCESSORS[2];
    if (limit >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &PROCESSORS[1];
#endif
    (void)limit;
    return &PROCESSORS[0];
}

/* What does not depend on the rows, forward. */
static void begin_call(const Plan *p, const Run *r, const Processor *cpu) {
    cpu->forward(&p->fixed, r->u, r->u, 1, r->scratch);
    for (size_t k = 0; k < p->copies; k++) r->u[p->copied[2 * k]] = r->u[p->copied[2 * k + 1]];
}

/* … and backward. */
static void end_call(const Plan *p, const Run *r, const Processor *cpu) {
    for (size_t k = p->copies; k-- > 0;) r->u_bar[p->copied[2 * k + 1]] += r->u_bar[p->copied[2 * k]];
    const Block one = {1, 0, 1, NULL};
    cpu->backward(&p->fixed, r->u, r->u, r->u_bar, r->u_bar, &one, BY_WEIGHTS, r->scratch);
}

static inline int holds(const Guard *g, double a, double b) {
    switch (g->relation) {
    case 0: return (a < b) == g->outcome;
    case 1: return (a <= b) == g->outcome;
    case 2: return (a == b) == g->outcome;
    case 3: return (a != b) == g->outcome;
    case 4: return (a > b) == g->outcome;
    default: return (a >= b) == g->outcome;
    }
}

static void store(const Column *columns, size_t many, const uint32_t *slot, const double *v,
                  size_t lanes, size_t row, size_t count) {
    for (size_t i = 0; i < many; i++) {
        if (!columns[i].at) continue;
        for (size_t l = 0; l < count; l++)
            columns[i].at[(ptrdiff_t)(row + l) * columns[i].step] = v[(slot ? slot[i] : i) * lanes + l];
    }
}

/* `count` rows from `row` on, in `lanes` lanes; those too many repeat the last row. */
static void run_block(const Plan *p, const Run *r, const Processor *cpu,
                      size_t row, size_t count, size_t lanes) {
    unsigned char fits[MOST_LANES];
    Block b = {lanes, row, count, r->inputs};
    memset(fits, 1, sizeof fits);
    cpu->load(&b, p->inputs, r->v);
    cpu->forward(&p->varying, r->v, r->w, lanes, r->scratch);
    for (size_t k = 0; k < p->guards; k++) {
        const double *a = r->v + (size_t)p->guard[k].a * lanes, *b = r->v + (size_t)p->guard[k].b * lanes;
        for (size_t l = 0; l < count; l++) fits[l] &= holds(&p->guard[k], a[l], b[l]);
    }
    if (r->fits) memcpy(r->fits + row, fits, count);
    if (r->outputs) store(r->outputs, p->outputs, p->output, r->v, lanes, row, count);
    if (r->tangents) {
        memset(r->bar, 0, p->v_size * lanes * sizeof(double));
        b.inputs = r->tangents;
        cpu->load(&b, p->inputs, r->bar);
        b.inputs = r->inputs;
        cpu->push(&p->varying, r->v, r->w, r->bar, lanes, r->scratch);
        store(r->pushed, p->outputs, p->output, r->bar, lanes, row, count);
    }
    if (!r->seeds) return;
    const size_t unused = r->wants & BY_INPUTS ? 0 : p->inputs; /* and they are many where nets are wide */
    memset(r->bar + unused * lanes, 0, (p->v_size - unused) * lanes * sizeof(double));
    for (size_t k = 0; k < p->outputs; k++)
        for (size_t l = 0; l < count && r->seeds[k].at; l++)
            if (fits[l])
                r->bar[(size_t)p->output[k] * lanes + l] += r->seeds[k].at[(ptrdiff_t)(row + l) * r->seeds[k].step];
    cpu->backward(&p->varying, r->v, r->w, r->bar, r->w_bar, &b, r->wants, r->scratch);
    if (r->grads) store(r->grads, p->inputs, NULL, r->bar, lanes, row, count);
    if (r->wants & BY_WEIGHTS)
        for (size_t k = 0; k < p->splats; k++)
            for (size_t l = 0; l < count; l++)
                r->u_bar[p->splat[k]] += r->bar[(p->inputs + k) * lanes + l];
}

static size_t lanes_for(size_t rows, size_t most, size_t half_full) {
    if (8 < rows && rows <= 12 && most > 12) return 12; /* the mini-batches of Nielsen's book are 10 */
    size_t lanes = most;
    while (lanes > 1 && (lanes > half_full ? 4 * rows < 3 * lanes : 2 * rows <= lanes)) lanes /= 2;
    return lanes;
}

/* The rows from `row` up to `end`. */
static void run_rows(const Plan *p, const Run *r, const Processor *cpu, size_t row, size_t end) {
    size_t spread = 0; /* lanes that the splats are laid out for */
    while (row < end) {
        const size_t lanes = lanes_for(end - row, p->lanes, cpu->half_full);
        const size_t count = end - row < lanes ? end - row : lanes;
        if (lanes != spread)
            for (size_t k = 0; k < p->splats; k++)
                for (size_t l = 0; l < lanes; l++)
                    r->v[(p->inputs + k) * lanes + l] = r->u[p->splat[k]];
        spread = lanes;
        run_block(p, r, cpu, row, count, lanes);
        row += count;
    }
}

#endif
