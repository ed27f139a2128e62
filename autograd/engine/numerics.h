/* Functions of the C kind that the C library does not have, or has not
 * accurately enough.  Rows of ops/table.py call them as libm.NAME. */
#ifndef AUTOGRAD_NUMERICS_H
#define AUTOGRAD_NUMERICS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* x - y·⌊x/y⌋, with the sign of y, exactly as Python's x % y; nan for y = 0. */
static inline double floored_mod(double x, double y) {
    double r = fmod(x, y);
    if (r == 0.0) return copysign(r, y);
    return (r < 0.0) != (y < 0.0) ? r + y : r;
}

/* ∛x.  One step of Newton's method, with t³ in two doubles, halves the error of
 * the C library's (glibc: up to 3 units in the last place). */
static inline double cube_root(double x) {
    const double t = cbrt(x), a = fabs(x);
    if (!(1e-300 < a && a < 1e308)) return t;
    const double s = t * t, s_rest = fma(t, t, -s);
    const double c = s * t, c_rest = fma(s, t, -c) + s_rest * t;
    return t - ((c - x) + c_rest) / (3.0 * s);
}

/* e^(x-m) for x <= m, with the rounding error of x - m put back:
 * at x - m = -700 it would cost 250 units in the last place. */
static inline double exp_diff_of_finite(double x, double m) {
    const double d = x - m, e = exp(d);
    if (!(d > -800.0)) return e;
    const double t = d + m, lost = (x - t) + ((t - d) - m);
    return e + e * lost;
}

static inline double exp_diff(double x, double m) {
    return x == m ? 1.0 : exp_diff_of_finite(x, m); /* also where both are infinite */
}

/* e^(-x²/2).  x² is split into its double and the rest, which fma gives
 * exactly: at x = 30 the rest is worth 250 units in the last place. */
static inline double gauss(double x) {
    const double s = x * x, e = exp(-0.5 * s);
    if (!(s < 1500.0)) return e;
    return e - e * (0.5 * fma(x, x, -s));
}

/* Φ(x) = erfc(-x/√2)/2, the normal distribution.  The rounding of the argument
 * is put back to first order: d erfc(t)/dt = -2/√π e^(-t²). */
static inline double ndtr(double x) {
    const double c = 0.70710678118654752440, c_rest = -4.8336466567264567e-17;
    const double t = -x * c;
    if (!(fabs(t) < 27.5)) return 0.5 * erfc(t);
    const double lost = fma(-x, c, -t) - x * c_rest;
    return 0.5 * (erfc(t) - 1.12837916709551257390 * exp(-t * t) * lost);
}

/* p[j] = product of all x but x[j]: no division, so zeros do no harm. */
static inline void product_of_others(const double *x, size_t n, double *p) {
    double before = 1.0, after = 1.0;
    for (size_t j = 0; j < n; j++) { p[j] = before; before *= x[j]; }
    for (size_t j = n; j-- > 0;) { p[j] *= after; after *= x[j]; }
}

/* "No derivative flows to this operand" as a partial: a nan that no arithmetic makes. */
static const uint64_t NO_EDGE_BITS = UINT64_C(0x7ff8dcdd00000001);
static inline double no_edge(void) {
    double v;
    memcpy(&v, &NO_EDGE_BITS, sizeof v);
    return v;
}
static inline int is_no_edge(double v) {
    return memcmp(&v, &NO_EDGE_BITS, sizeof v) == 0;
}

#endif
