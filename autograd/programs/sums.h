/* Sums and dots, forward and backward: a part of the template tape.h. */

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
