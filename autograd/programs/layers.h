/* Layers, forward and backward: a part of the template tape.h. */

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

/* The X of a layer, LANES numbers a slot in a row; where it stands, or gathered. */
static TARGET const double *NAMED(gathered)(
        const Step *s, const uint32_t *x, const double *v, size_t lanes, double *scratch) {
    if (s->together) return v + (size_t)x[0] * lanes;
    for (size_t j = 0; j < s->width; j++)
        for (size_t l = 0; l < lanes; l++) scratch[j * lanes + l] = v[(size_t)x[j] * lanes + l];
    return scratch;
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
