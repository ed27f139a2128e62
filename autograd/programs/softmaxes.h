/* The softmaxes of one call: a part of the template tape.h. */

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
