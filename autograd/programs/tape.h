/* Runs a tape over a block of rows, forward and backward.
 *
 * A template: tape_simd.h includes it once for every kind of processor, with
 *
 *     PROCESSOR          its name
 *     TARGET             the attribute that compiles a function for it
 *     VECTOR_DOUBLES     doubles in its vectors
 *     REGISTER_DOUBLES   doubles that sums may occupy in its registers
 *     FUSED              defined if it multiplies and adds in one step
 */
#define NAMED_(name, processor) name##_##processor
#define NAMED__(name, processor) NAMED_(name, processor)
#define NAMED(name) NAMED__(name, PROCESSOR)

#include "kernels.h"

#if defined(__GNUC__)
typedef double NAMED(vec) __attribute__((vector_size(8 * VECTOR_DOUBLES), aligned(8), may_alias));
#else
typedef double NAMED(vec);
#endif

/* Whether all of z is finite; then so is all that a sum of products was made of. */
static TARGET int NAMED(all_finite)(const double *z, size_t n) {
    double worst = 0.0; /* inf - inf and nan - nan are nan, and so is all they are added to */
    for (size_t l = 0; l < n; l++) worst += z[l] - z[l];
    return worst == 0.0;
}

#include "sums.h"
#include "layers.h"
#include "softmaxes.h"

/* The inputs of a block, into the first slots. */
static TARGET void NAMED(load)(const Block *b, size_t inputs, double *v) {
    size_t n;
    for (size_t i = 0; i < inputs; i += n) {
        n = side_by_side(b->inputs + i, inputs - i);
        NAMED(turned_round)(b, beginning(b, i), b->inputs[i].step, n, v + i * b->lanes);
    }
}

/* Gathers a lane and calls the engine's function; with `from`, pulls or pushes along. */
static TARGET void NAMED(many)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, double *z,
        double *bar, double *z_bar, int forward, double *scratch) {
    double *p = scratch + s->width;
    for (size_t l = 0; l < lanes; l++) {
        for (size_t j = 0; j < s->width; j++) scratch[j] = v[(size_t)x[j] * lanes + l];
        if (!bar) {
            z[l] = apply_many(s->code, scratch, s->width, NULL);
            continue;
        }
        if (!forward && z_bar[l] == 0.0) continue;
        apply_many(s->code, scratch, s->width, p);
        for (size_t j = 0; j < s->width; j++) {
            double *x_bar = bar + (size_t)x[j] * lanes + l;
            if (forward)
                z_bar[l] += flow_or_none(p[j], z[l], *x_bar);
            else
                *x_bar += flow_or_none(p[j], z[l], z_bar[l]);
        }
    }
}

static TARGET void NAMED(forward)(
        const Tape *t, double *v, const double *u, size_t lanes, double *scratch) {
    for (size_t i = 0; i < t->count; i++) {
        const Step *s = t->steps + i;
        const uint32_t *x = t->operands + s->first;
        double *z = v + (size_t)s->out * lanes;
        const size_t count = s->together ? 1 : s->count, n = s->together ? s->count * lanes : lanes;
        uint32_t *const places[3] = {
            (uint32_t *)x, (uint32_t *)x + s->count, (uint32_t *)x + 2 * s->count};
        switch (s->kind) {
        case 1: NAMED(forward1)(s->code, v, places, z, count, lanes, n); break;
        case 2: NAMED(forward2)(s->code, v, places, z, count, lanes, n); break;
        case 3: NAMED(forward3)(s->code, v, places, z, count, lanes, n); break;
        case KIND_MANY: NAMED(many)(s, x, v, lanes, z, NULL, NULL, 0, scratch); break;
        case KIND_SUM: NAMED(sum_forward)(s, x, v, lanes, z); break;
        case KIND_SOFTMAX: NAMED(softmax_forward)(s, x, v, lanes, z, scratch); break;
        default: {
            const double *X = NAMED(gathered)(s, x, v, lanes, scratch);
            const uint32_t *rows = x + s->width;
            FOR_LANES(layer_forward, X, u, rows, rows + s->count, s->count, s->width, z, s->loose)
        }
        }
    }
}

/* The adjoints of everything, from those of the outputs: `wants` says by what. */
static TARGET void NAMED(backward)(
        const Tape *t, double *v, const double *u, double *bar, double *u_bar, const Block *block,
        unsigned wants, double *scratch) {
    const size_t lanes = block->lanes;
    for (size_t i = t->count; i-- > 0;) { /* no pointer goes before the first */
        const Step *s = t->steps + i;
        const uint32_t *x = t->operands + s->first;
        double *z = v + (size_t)s->out * lanes, *g = bar + (size_t)s->out * lanes;
        const size_t count = s->together ? 1 : s->count, n = s->together ? s->count * lanes : lanes;
        const unsigned wanted = (wants & BY_INPUTS ? s->by_inputs : 0) | (wants & BY_WEIGHTS ? s->by_weights : 0);
        uint32_t *const places[3] = {
            (uint32_t *)x, (uint32_t *)x + s->count, (uint32_t *)x + 2 * s->count};
        if (!wanted) continue;
        switch (s->kind) {
        case 1: NAMED(along1)(s->code, 0, 0, v, places, z, bar, g, count, lanes, n); break;
        case 2:
            for (int k = 0; k < 2; k++)
                if (wanted >> k & 1)
                    NAMED(along2)(s->code, k, 0, v, places, z, bar, g, count, lanes, n);
            break;
        case 3:
            for (int k = 0; k < 3; k++)
                if (wanted >> k & 1)
                    NAMED(along3)(s->code, k, 0, v, places, z, bar, g, count, lanes, n);
            break;
        case KIND_MANY: NAMED(many)(s, x, v, lanes, z, bar, g, 0, scratch); break;
        case KIND_SUM: NAMED(sum_backward)(s, x, v, lanes, z, bar, g); break;
        case KIND_SOFTMAX: NAMED(softmax_backward)(s, x, v, lanes, z, bar, g, 0, scratch); break;
        default: NAMED(layer_backward)(s, x, v, u, block, z, bar, u_bar, g, wanted, scratch);
        }
    }
}

/* The tangents of everything, from those of the inputs. */
static TARGET void NAMED(push)(
        const Tape *t, double *v, const double *u, double *dot, size_t lanes, double *scratch) {
    for (size_t i = 0; i < t->count; i++) {
        const Step *s = t->steps + i;
        const uint32_t *x = t->operands + s->first;
        double *z = v + (size_t)s->out * lanes, *z_dot = dot + (size_t)s->out * lanes;
        const size_t count = s->together ? 1 : s->count, n = s->together ? s->count * lanes : lanes;
        uint32_t *const places[3] = {
            (uint32_t *)x, (uint32_t *)x + s->count, (uint32_t *)x + 2 * s->count};
        if (!s->by_inputs) continue;
        for (int k = 0; k < 3; k++) {
            if (s->kind > 3 || !(s->by_inputs >> k & 1)) continue;
            if (s->kind == 1) NAMED(along1)(s->code, k, 1, v, places, z, dot, z_dot, count, lanes, n);
            if (s->kind == 2) NAMED(along2)(s->code, k, 1, v, places, z, dot, z_dot, count, lanes, n);
            if (s->kind == 3) NAMED(along3)(s->code, k, 1, v, places, z, dot, z_dot, count, lanes, n);
        }
        if (s->kind == KIND_MANY) NAMED(many)(s, x, v, lanes, z, dot, z_dot, 1, scratch);
        if (s->kind == KIND_SOFTMAX) NAMED(softmax_backward)(s, x, v, lanes, z, dot, z_dot, 1, scratch);
        if (s->kind == KIND_SUM) NAMED(sum_pushed)(s, x, v, lanes, z, dot, z_dot);
        if (s->kind != KIND_LAYER) continue;
        if (!NAMED(all_finite)(z, s->count * lanes)) {
            NAMED(layer_slowly)(s, x, v, u, lanes, z, dot, NULL, z_dot, 1, 1);
            continue;
        }
        const double *X_dot = NAMED(gathered)(s, x, dot, lanes, scratch);
        const uint32_t *rows = x + s->width;
        FOR_LANES(layer_forward, X_dot, u, rows, NULL, s->count, s->width, z_dot, s->loose)
    }
}

#undef FOR_LANES
#undef NAMED_FOR
#undef NAMED_FOR_
#undef NAMED_FOR__
#undef NAMED_
#undef NAMED__
#undef NAMED
