/* Many sums of products of the same operands at once: a layer of neurons.
 *
 * A template, which tape.h includes for every number of LANES.
 *
 *     z[i] = bias[i] + w[i][0]·x[0] + w[i][1]·x[1] + …
 *
 * X and Z hold LANES numbers a slot; weights are single numbers in `u`, those of row i
 * from rows[i] on.  Products are added in this order, whatever the width of the vectors,
 * so that the bits are those of `dot`.  A bias that is NO_SLOT is -0, which adds nothing.  Several rows are worked on at a time: while one
 * addition waits for the previous one, others are under way.
 */
#if defined(__GNUC__) && LANES > 1
#define VECTOR (LANES < VECTOR_DOUBLES ? LANES : LANES % VECTOR_DOUBLES ? 4 : VECTOR_DOUBLES)
#define SPLAT(x) ((x) - (vec){0}) /* minus 0 keeps the sign of a zero */
#else
#define VECTOR 1
#define SPLAT(x) (x)
#endif
#define VECTORS (LANES / VECTOR)
#define AT_ONCE (REGISTER_DOUBLES / LANES > 8 ? 8 : REGISTER_DOUBLES / LANES < 1 ? 1 : REGISTER_DOUBLES / LANES)
#define JOIN3(a, b, c) a##_##b##_##c
#define JOIN2(a, b, c) JOIN3(a, b, c)
#define SIZED(name) JOIN2(name, PROCESSOR, LANES)
#define vec SIZED(vec)

#if defined(__GNUC__) && LANES > 1
typedef double vec __attribute__((vector_size(8 * VECTOR), aligned(8), may_alias));
#else
typedef double vec;
#endif

/* sum + x·w; where `loose`, rounded once if the processor can. */
static INLINED TARGET vec SIZED(added)(vec sum, vec x, double w, const int loose) {
#if defined(FUSED)
    if (loose)
#if VECTOR == 8
        return (vec)_mm512_fmadd_pd((__m512d)x, _mm512_set1_pd(w), (__m512d)sum);
#elif VECTOR == 4
        return (vec)_mm256_fmadd_pd((__m256d)x, _mm256_set1_pd(w), (__m256d)sum);
#elif VECTOR == 2
        return (vec)_mm_fmadd_pd((__m128d)x, _mm_set1_pd(w), (__m128d)sum);
#else
        return fma(x, w, sum);
#endif
#endif
    (void)loose;
    return sum + x * w;
}

static INLINED TARGET void SIZED(rows_forward)(
        const double *restrict X, const double *restrict u, const uint32_t *rows,
        const uint32_t *bias, size_t n, double *restrict Z, const int count, const int loose) {
    vec sum[8][VECTORS];
    const double *w[8];
    for (int r = 0; r < count; r++) {
        w[r] = u + rows[r];
        const double start = !bias ? 0.0 : bias[r] == NO_SLOT ? -0.0 : u[bias[r]];
        for (int q = 0; q < VECTORS; q++) sum[r][q] = SPLAT(start);
    }
    for (size_t j = 0; j < n; j++) {
        const vec *x = (const vec *)(X + j * LANES);
        for (int r = 0; r < count; r++)
            for (int q = 0; q < VECTORS; q++) sum[r][q] = SIZED(added)(sum[r][q], x[q], w[r][j], loose);
    }
    for (int r = 0; r < count; r++)
        for (int q = 0; q < VECTORS; q++) ((vec *)(Z + r * LANES))[q] = sum[r][q];
}

static INLINED TARGET void SIZED(all_rows)(
        const double *X, const double *u, const uint32_t *rows, const uint32_t *bias,
        size_t m, size_t n, double *Z, const int loose) {
    size_t i = 0;
    for (; i + AT_ONCE <= m; i += AT_ONCE)
        SIZED(rows_forward)(X, u, rows + i, bias ? bias + i : NULL, n, Z + i * LANES, AT_ONCE, loose);
#define REST(k) \
    if (AT_ONCE > k && i + k <= m) { \
        SIZED(rows_forward)(X, u, rows + i, bias ? bias + i : NULL, n, Z + i * LANES, k, loose); \
        i += k; \
    }
    REST(4) REST(2) REST(1)
#undef REST
}

/* Z from X. Without `bias` the sums start at 0. */
static TARGET void SIZED(layer_forward)(
        const double *X, const double *u, const uint32_t *rows, const uint32_t *bias,
        size_t m, size_t n, double *Z, int loose) {
    if (loose && LANES == 1)
        NAMED(one_row_loosely)(X, u, rows, bias, m, n, Z);
    else if (loose)
        SIZED(all_rows)(X, u, rows, bias, m, n, Z, 1);
    else
        SIZED(all_rows)(X, u, rows, bias, m, n, Z, 0);
}

static INLINED TARGET void SIZED(columns_backward)(
        const double *restrict G, const double *restrict u, const uint32_t *rows,
        size_t m, size_t j, double *restrict X_bar, const int count) {
    vec sum[8][VECTORS];
    for (int r = 0; r < count; r++)
        for (int q = 0; q < VECTORS; q++) sum[r][q] = ((vec *)(X_bar + (j + r) * LANES))[q];
    for (size_t i = 0; i < m; i++) {
        const double *w = u + rows[i] + j;
        const vec *g = (const vec *)(G + i * LANES);
        for (int r = 0; r < count; r++)
            for (int q = 0; q < VECTORS; q++) sum[r][q] += g[q] * w[r];
    }
    for (int r = 0; r < count; r++)
        for (int q = 0; q < VECTORS; q++) ((vec *)(X_bar + (j + r) * LANES))[q] = sum[r][q];
}

/* X_bar[j] += Σ_i w[i][j]·G[i] */
static TARGET void SIZED(layer_by_x)(
        const double *G, const double *u, const uint32_t *rows, size_t m, size_t n, double *X_bar) {
    size_t j = 0;
    for (; j + AT_ONCE <= n; j += AT_ONCE)
        SIZED(columns_backward)(G, u, rows, m, j, X_bar, AT_ONCE);
#define REST(k) \
    if (AT_ONCE > k && j + k <= n) { \
        SIZED(columns_backward)(G, u, rows, m, j, X_bar, k); \
        j += k; \
    }
    REST(4) REST(2) REST(1)
#undef REST
}

#undef VECTOR
#undef VECTORS
#undef SPLAT
#undef AT_ONCE
#undef SIZED
#undef JOIN2
#undef JOIN3
#undef vec
