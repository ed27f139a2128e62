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

/* A layer of a single row, its products added in an order that suits vectors. */
static TARGET void NAMED(one_row_loosely)(
        const double *restrict X, const double *restrict u, const uint32_t *rows,
        const uint32_t *bias, size_t m, size_t n, double *restrict Z) {
    typedef NAMED(vec) vec;
    const size_t whole = n - n % VECTOR_DOUBLES;
    for (size_t i = 0; i < m; i++) {
        const double *w = u + rows[i];
        vec part[2] = {{0}, {0}};
        size_t j = 0;
        for (; j + 2 * VECTOR_DOUBLES <= n; j += 2 * VECTOR_DOUBLES)
            for (int k = 0; k < 2; k++)
                part[k] += *(const vec *)(X + j + k * VECTOR_DOUBLES) * *(const vec *)(w + j + k * VECTOR_DOUBLES);
        for (; j < whole; j += VECTOR_DOUBLES) part[0] += *(const vec *)(X + j) * *(const vec *)(w + j);
        part[0] += part[1];
        double sum = !bias ? 0.0 : bias[i] == NO_SLOT ? -0.0 : u[bias[i]];
        const double *each = (const double *)&part[0];
        for (size_t k = 0; k < VECTOR_DOUBLES && whole; k++) sum += each[k];
        for (; j < n; j++) sum += X[j] * w[j];
        Z[i] = sum;
    }
}

#define LANES 1
#include "matvec.h"
#undef LANES
#define LANES 2
#include "matvec.h"
#undef LANES
#define LANES 4
#include "matvec.h"
#undef LANES
#define LANES 8
#include "matvec.h"
#undef LANES
#define LANES 12
#include "matvec.h"
#undef LANES
#define LANES 16
#include "matvec.h"
#undef LANES
#define LANES 32
#include "matvec.h"
#undef LANES

#define FOR_LANES(name, ...) \
    switch (lanes) { \
    case 1: NAMED_FOR(name, 1)(__VA_ARGS__); break; \
    case 2: NAMED_FOR(name, 2)(__VA_ARGS__); break; \
    case 4: NAMED_FOR(name, 4)(__VA_ARGS__); break; \
    case 8: NAMED_FOR(name, 8)(__VA_ARGS__); break; \
    case 12: NAMED_FOR(name, 12)(__VA_ARGS__); break; \
    case 16: NAMED_FOR(name, 16)(__VA_ARGS__); break; \
    default: NAMED_FOR(name, 32)(__VA_ARGS__); break; \
    }
#define NAMED_FOR(name, size) NAMED_FOR_(name, PROCESSOR, size)
#define NAMED_FOR_(name, processor, size) NAMED_FOR__(name, processor, size)
#define NAMED_FOR__(name, processor, size) name##_##processor##_##size

/* w_bar[i][j] += Σ_l G[i][l]·x[j][l], from X turned round: row l of it `step` after row l - 1. */
static TARGET void NAMED(layer_by_w)(
        const double *restrict G, const double *restrict XT, ptrdiff_t step, const uint32_t *rows,
        size_t m, size_t n, const Block *block, double *restrict u_bar) {
    typedef NAMED(vec) vec;
    const size_t lanes = block->lanes, count = block->count;
    const size_t whole = n - n % VECTOR_DOUBLES;
    size_t i = 0;
    for (; i + 4 <= m; i += 4)
        for (size_t j = 0; j < whole; j += VECTOR_DOUBLES) {
            vec *b[4], s[4];
            for (int r = 0; r < 4; r++) b[r] = (vec *)(u_bar + rows[i + r] + j), s[r] = *b[r];
            for (size_t l = 0; l < count; l++) {
                const vec x = *(const vec *)(XT + (ptrdiff_t)l * step + j);
                for (int r = 0; r < 4; r++) s[r] += x * G[(i + r) * lanes + l];
            }
            for (int r = 0; r < 4; r++) *b[r] = s[r];
        }
    for (; i < m; i++)
        for (size_t j = 0; j < whole; j += VECTOR_DOUBLES) {
            vec *b = (vec *)(u_bar + rows[i] + j), s = *b;
            for (size_t l = 0; l < count; l++)
                s += *(const vec *)(XT + (ptrdiff_t)l * step + j) * G[i * lanes + l];
            *b = s;
        }
    for (i = 0; i < m; i++)
        for (size_t j = whole; j < n; j++)
            for (size_t l = 0; l < count; l++)
                u_bar[rows[i] + j] += XT[(ptrdiff_t)l * step + j] * G[i * lanes + l];
}

/* `n` numbers a row from `at` on, turned round: v[i][l] is number i of row l. */
static TARGET void NAMED(turned_round)(
        const Block *b, const double *at, ptrdiff_t step, size_t n, double *restrict v) {
    size_t i = 0;
#if defined(__GNUC__) && VECTOR_DOUBLES == 8
    for (; b->lanes % 4 == 0 && i + 8 <= n; i += 8)
        for (size_t l = 0; l < b->lanes; l += 8) {
            __m512d x[8], y[8];
            for (size_t k = 0; k < 8; k++)
                x[k] = _mm512_loadu_pd(at + (ptrdiff_t)(l + k < b->count ? l + k : b->count - 1) * step + i);
            for (int k = 0; k < 8; k += 2) {
                y[k] = _mm512_unpacklo_pd(x[k], x[k + 1]);
                y[k + 1] = _mm512_unpackhi_pd(x[k], x[k + 1]);
            }
            for (int k = 0; k < 8; k += 4)
                for (int h = 0; h < 2; h++) {
                    x[k + h] = _mm512_shuffle_f64x2(y[k + h], y[k + h + 2], 0x88);
                    x[k + h + 2] = _mm512_shuffle_f64x2(y[k + h], y[k + h + 2], 0xdd);
                }
            for (int k = 0; k < 8; k++) {
                double *to = v + (i + (size_t)k) * b->lanes + l;
                y[k] = k < 4 ? _mm512_shuffle_f64x2(x[k], x[k + 4], 0x88)
                             : _mm512_shuffle_f64x2(x[k - 4], x[k], 0xdd);
                if (b->lanes - l >= 8) _mm512_storeu_pd(to, y[k]);
                else _mm256_storeu_pd(to, _mm512_castpd512_pd256(y[k]));
            }
        }
#endif
    for (; i < n; i++)
        for (size_t l = 0; l < b->lanes; l++)
            v[i * b->lanes + l] = at[(ptrdiff_t)(l < b->count ? l : b->count - 1) * step + (ptrdiff_t)i];
}

/* The inputs of a block, into the first slots. */
static TARGET void NAMED(load)(const Block *b, size_t inputs, double *v) {
    size_t n;
    for (size_t i = 0; i < inputs; i += n) {
        n = side_by_side(b->inputs + i, inputs - i);
        NAMED(turned_round)(b, beginning(b, i), b->inputs[i].step, n, v + i * b->lanes);
    }
}

/* Whether all of z is finite; then so is all that a sum of products was made of. */
static TARGET int NAMED(all_finite)(const double *z, size_t n) {
    double worst = 0.0; /* inf - inf and nan - nan are nan, and so is all they are added to */
    for (size_t l = 0; l < n; l++) worst += z[l] - z[l];
    return worst == 0.0;
}

/* The X of a layer, LANES numbers a slot in a row; where it stands, or gathered. */
static TARGET const double *NAMED(gathered)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, double *scratch) {
    if (s->together) return v + (size_t)x[0] * lanes;
    for (size_t j = 0; j < s->width; j++)
        for (size_t l = 0; l < lanes; l++) scratch[j * lanes + l] = v[(size_t)x[j] * lanes + l];
    return scratch;
}

static INLINED TARGET double NAMED(sum_in_order)(const Step *s, const uint32_t *x, const double *v) {
    double sum = v[x[0]];
    if (s->code == STEP_SUM)
        for (size_t j = 1; j < s->width; j++) sum += v[x[j]];
    else
        for (size_t j = 1; j < s->width; j += 2) sum += v[x[j]] * v[x[j + 1]];
    return sum;
}

/* Four sums under way at once. */
static TARGET double NAMED(sum_loosely)(const Step *s, const uint32_t *x, const double *v) {
    double part[4] = {v[x[0]], -0.0, -0.0, -0.0};
    size_t j = 1;
    if (s->code == STEP_SUM) {
        for (; j + 4 <= s->width; j += 4)
            for (int k = 0; k < 4; k++) part[k] += v[x[j + k]];
        for (; j < s->width; j++) part[0] += v[x[j]];
    } else {
        for (; j + 8 <= s->width; j += 8)
            for (int k = 0; k < 4; k++) part[k] += v[x[j + 2 * k]] * v[x[j + 2 * k + 1]];
        for (; j < s->width; j += 2) part[0] += v[x[j]] * v[x[j + 1]];
    }
    return (part[0] + part[1]) + (part[2] + part[3]);
}

static TARGET void NAMED(sum_forward)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, double *restrict z) {
    if (lanes == 1) {
        z[0] = s->loose ? NAMED(sum_loosely)(s, x, v) : NAMED(sum_in_order)(s, x, v);
        return;
    }
    for (size_t l = 0; l < lanes; l++) z[l] = v[(size_t)x[0] * lanes + l];
    if (s->code == STEP_SUM)
        for (size_t j = 1; j < s->width; j++) {
            const double *restrict a = v + (size_t)x[j] * lanes;
            for (size_t l = 0; l < lanes; l++) z[l] += a[l];
        }
    else
        for (size_t j = 1; j < s->width; j += 2) {
            const double *restrict a = v + (size_t)x[j] * lanes;
            const double *restrict b = v + (size_t)x[j + 1] * lanes;
            for (size_t l = 0; l < lanes; l++) z[l] += a[l] * b[l];
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

/* The softmaxes of all operands at once.  `softmax` adds each operand's own exponential
 * first and then the others in order, and so does this, for the same bits.  Adding the 0
 * that stands in an operand's own place changes nothing: exponentials have no sign. */
static INLINED TARGET void NAMED(softmax_of_one)(
        const uint32_t *x, const double *v, double *restrict z, double *restrict e, const size_t n) {
    double most = -INFINITY, odd = 0.0;
    for (size_t j = 0; j < n; j++) {
        const double t = v[x[j]];
        most = t > most ? t : most;
        odd += t - t;
    }
    if (odd == 0.0)
        for (size_t j = 0; j < n; j++) e[j] = exp_diff_of_finite(v[x[j]], most);
    else {
        for (size_t j = 0; j < n; j++) most = isnan(v[x[j]]) ? NAN : most;
        for (size_t j = 0; j < n; j++) e[j] = exp_diff(v[x[j]], most);
    }
    for (size_t k = 0; k < n; k++) z[k] = e[k];
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++) z[k] += k == j ? 0.0 : e[j];
    for (size_t k = 0; k < n; k++) z[k] = e[k] / z[k];
}

static TARGET void NAMED(softmax_forward)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, double *z, double *e) {
    const size_t n = s->width;
    if (lanes == 1 && n == 4) {
        NAMED(softmax_of_one)(x, v, z, e, 4);
        return;
    }
    if (lanes == 1) {
        NAMED(softmax_of_one)(x, v, z, e, n);
        return;
    }
    double most[MOST_LANES];
    for (size_t l = 0; l < lanes; l++) most[l] = -INFINITY;
    for (size_t j = 0; j < n; j++) {
        const double *t = v + (size_t)x[j] * lanes;
        for (size_t l = 0; l < lanes; l++) most[l] = t[l] > most[l] || isnan(t[l]) ? t[l] : most[l];
    }
    for (size_t j = 0; j < n; j++)
        for (size_t l = 0; l < lanes; l++)
            e[j * lanes + l] = exp_diff(v[(size_t)x[j] * lanes + l], most[l]);
    for (size_t k = 0; k < n; k++) {
        double *restrict sum = z + k * lanes;
        for (size_t l = 0; l < lanes; l++) sum[l] = e[k * lanes + l];
        for (size_t j = 0; j < n; j++)
            for (size_t l = 0; l < lanes && j != k; l++) sum[l] += e[j * lanes + l];
        for (size_t l = 0; l < lanes; l++) sum[l] = e[k * lanes + l] / sum[l];
    }
}

/* into[j] += z[j]·Σ_k z[k]·(from[j] - from[k]): the map is its own transpose.  No 1 - z,
 * which has lost its digits where z is nearly 1. */
static INLINED TARGET void NAMED(softmax_along)(
        const double *restrict z, const double *restrict from, double *restrict sum, const size_t n) {
    for (size_t j = 0; j < n; j++) sum[j] = 0.0;
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < n; j++) sum[j] += z[k] * (from[j] - from[k]);
    for (size_t j = 0; j < n; j++) sum[j] *= z[j];
}

/* The same edge by edge, as it is recorded: where a number is not finite, what cancels above
 * is nan.  `t` holds 2n numbers. */
static TARGET void NAMED(softmax_along_slowly)(
        const uint32_t *x, const double *v, size_t lanes, const double *z, const double *from,
        double *sum, size_t n, int forward, double *t) {
    double *p = t + n;
    memset(sum, 0, n * sizeof(double));
    for (size_t k = 0; k < n; k++) {
        if (!forward && from[k] == 0.0) continue;
        for (size_t i = 0; i < n; i++) t[i] = v[(size_t)x[i == 0 ? k : i - (i <= k)] * lanes];
        apply_many(ROW_OF_SOFTMAX, t, n, p);
        for (size_t i = 0; i < n; i++) {
            const size_t j = i == 0 ? k : i - (i <= k);
            sum[forward ? k : j] += flow(p[i], z[k], from[forward ? j : k]);
        }
    }
}

static TARGET void NAMED(softmax_backward)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, const double *z, double *bar,
        double *g, int forward, double *scratch) {
    const size_t n = s->width;
    double *sum = scratch, *copies = scratch + n;
    const int apart = lanes > 1 || forward; /* else they stand in a row already */
    const double *own = apart ? copies : z, *from = apart ? copies + n : g;
    for (size_t l = 0; l < lanes; l++) {
        double any = 0.0, odd = 0.0; /* NaN counts as both */
        for (size_t j = 0; apart && j < n; j++) {
            copies[j] = z[j * lanes + l];
            copies[n + j] = forward ? bar[(size_t)x[j] * lanes + l] : g[j * lanes + l];
        }
        for (size_t j = 0; j < n; j++) any += from[j] != 0.0;
        if (any == 0.0) continue;
        if (n == 4)
            NAMED(softmax_along)(own, from, sum, 4);
        else
            NAMED(softmax_along)(own, from, sum, n);
        for (size_t j = 0; j < n; j++) odd += sum[j] - sum[j];
        if (odd != 0.0) NAMED(softmax_along_slowly)(x, v + l, lanes, own, from, sum, n, forward, scratch + 3 * n);
        for (size_t j = 0; j < n; j++) *(forward ? &g[j * lanes + l] : &bar[(size_t)x[j] * lanes + l]) += sum[j];
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

/* One term of a sum: what flows where some number in it is not finite. */
static INLINED TARGET void NAMED(flow_all)(
        const double *z, const double *g, const double *p, double *into, size_t lanes) {
    for (size_t l = 0; l < lanes; l++) into[l] += flow(p ? p[l] : 1.0, z[l], g[l]);
}

/* A sum whose numbers are all finite: a 0 passes on nothing but zeros. */
static TARGET void NAMED(finite_sum_backward)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, double *bar,
        const double *restrict g) {
    const size_t step = s->code == STEP_DOT ? 2 : 1;
    for (size_t l = 0; l < lanes; l++) bar[(size_t)x[0] * lanes + l] += g[l];
    for (size_t j = 1; j < s->width; j += step) {
        double *restrict a_bar = bar + (size_t)x[j] * lanes;
        if (step == 1) {
            for (size_t l = 0; l < lanes; l++) a_bar[l] += g[l];
            continue;
        }
        const double *restrict a = v + (size_t)x[j] * lanes;
        const double *restrict b = v + (size_t)x[j + 1] * lanes;
        for (size_t l = 0; l < lanes; l++) a_bar[l] += b[l] * g[l];
        double *restrict b_bar = bar + (size_t)x[j + 1] * lanes;
        for (size_t l = 0; l < lanes; l++) b_bar[l] += a[l] * g[l];
    }
}

static TARGET void NAMED(sum_backward)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes,
        const double *z, double *bar, const double *g) {
    if (lanes == 1 && s->code == STEP_SUM) {
        const double down = flow(1.0, z[0], g[0]);
        for (size_t j = 0; j < s->width; j++) bar[x[j]] += down;
        return;
    }
    if (NAMED(all_finite)(z, lanes)) {
        NAMED(finite_sum_backward)(s, x, v, lanes, bar, g);
        return;
    }
    NAMED(flow_all)(z, g, NULL, bar + (size_t)x[0] * lanes, lanes);
    const int pairs = s->code == STEP_DOT;
    for (size_t j = 1; j < s->width; j += 1 + pairs) {
        const double *a = v + (size_t)x[j] * lanes;
        double *a_bar = bar + (size_t)x[j] * lanes;
        if (!pairs) {
            NAMED(flow_all)(z, g, NULL, a_bar, lanes);
            continue;
        }
        const double *b = v + (size_t)x[j + 1] * lanes;
        NAMED(flow_all)(z, g, b, a_bar, lanes);
        NAMED(flow_all)(z, g, a, bar + (size_t)x[j + 1] * lanes, lanes);
    }
}

static TARGET void NAMED(sum_pushed)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes,
        const double *z, const double *dot, double *z_dot) {
    NAMED(flow_all)(z, dot + (size_t)x[0] * lanes, NULL, z_dot, lanes);
    const int pairs = s->code == STEP_DOT;
    for (size_t j = 1; j < s->width; j += 1 + pairs) {
        const size_t a = (size_t)x[j] * lanes;
        if (!pairs) {
            NAMED(flow_all)(z, dot + a, NULL, z_dot, lanes);
            continue;
        }
        const size_t b = (size_t)x[j + 1] * lanes;
        NAMED(flow_all)(z, dot + a, v + b, z_dot, lanes);
        NAMED(flow_all)(z, dot + b, v + a, z_dot, lanes);
    }
}

/* A layer some of whose numbers are not finite: edge by edge. */
static TARGET void NAMED(layer_slowly)(
        const Step *s, const uint32_t *x, const double *v, const double *u, size_t lanes,
        const double *z, double *bar, double *u_bar, double *g, int forward, unsigned wanted) {
    const uint32_t *rows = x + s->width;
    for (size_t i = 0; i < s->count; i++)
        for (size_t l = 0; l < lanes; l++) {
            const size_t at = i * lanes + l;
            for (size_t j = 0; j < s->width; j++) {
                const size_t k = (size_t)x[j] * lanes + l;
                const double w = u[rows[i] + j];
                if (forward) {
                    g[at] += flow(w, z[at], bar[k]);
                    continue;
                }
                if (wanted & 1) bar[k] += flow(w, z[at], g[at]);
                if (wanted & 2) u_bar[rows[i] + j] += flow(v[k], z[at], g[at]);
            }
            const uint32_t bias = rows[s->count + i];
            if (!forward && bias != NO_SLOT) u_bar[bias] += flow(1.0, z[at], g[at]);
        }
}

static TARGET void NAMED(layer_backward)(
        const Step *s, const uint32_t *x, const double *v, const double *u, const Block *block,
        const double *z, double *bar, double *u_bar, double *g, unsigned wanted, double *scratch) {
    const uint32_t *rows = x + s->width, *bias = rows + s->count;
    const size_t m = s->count, n = s->width, lanes = block->lanes;
    if (!NAMED(all_finite)(z, m * lanes)) {
        NAMED(layer_slowly)(s, x, v, u, lanes, z, bar, u_bar, g, 0, wanted);
        return;
    }
    if (wanted & 2) {
        const double *XT = scratch;
        ptrdiff_t step = (ptrdiff_t)n;
        if (s->of_inputs && side_by_side(block->inputs + x[0], n) == n) {
            XT = beginning(block, x[0]);
            step = block->inputs[x[0]].step;
        } else if (lanes == 1)
            XT = NAMED(gathered)(s, x, v, lanes, scratch);
        else
            for (size_t j = 0; j < n; j++) {
                const double *a = v + (size_t)x[j] * lanes;
                for (size_t l = 0; l < block->count; l++) scratch[l * n + j] = a[l];
            }
        NAMED(layer_by_w)(g, XT, step, rows, m, n, block, u_bar);
        for (size_t i = 0; i < m; i++)
            for (size_t l = 0; bias[i] != NO_SLOT && l < lanes; l++) u_bar[bias[i]] += g[i * lanes + l];
    }
    if (!(wanted & 1)) return;
    double *X_bar = bar + (size_t)x[0] * lanes;
    if (!s->together) {
        X_bar = scratch;
        memset(scratch, 0, n * lanes * sizeof(double));
    }
    FOR_LANES(layer_by_x, g, u, rows, m, n, X_bar)
    if (!s->together)
        for (size_t j = 0; j < n; j++)
            for (size_t l = 0; l < lanes; l++) bar[(size_t)x[j] * lanes + l] += scratch[j * lanes + l];
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
