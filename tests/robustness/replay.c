/* A program made by hand, replayed without Python: for other compilers and processors.
 *
 * C = Σ_i (b_i + Σ_j w_ij·x_j)·x_0: a layer, products, a sum; arithmetic alone, so that the
 * bits are the same everywhere.  It prints the name of the processor, and a hash of outputs
 * and gradients for 1 … 67 rows, after it has compared them with loops.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tape_simd.h"

enum { N = 11, M = 7, ROWS = 67, U = M * N + M };

static uint64_t state = 1, hash = 1469598103934665603u;

static double next(void) { /* numbers from -1 to 1 */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)state / 9223372036854775808.0;
}

static void note(const double *x, size_t n) {
    for (size_t k = 0; k < n; k++) {
        uint64_t bits;
        memcpy(&bits, x + k, 8);
        hash = (hash ^ bits) * 1099511628211u;
    }
}

static int close_to(double a, double b) { return fabs(a - b) <= 1e-12 * (1.0 + fabs(b)); }

static void wrong(const char *what, size_t rows) {
    fprintf(stderr, "%s is wrong for %u rows\n", what, (unsigned)rows);
    exit(1);
}

static void replay(const Processor *cpu, size_t rows) {
    enum { V = N + 2 * M + 1 };
    uint32_t operands[N + 2 * M + 2 * M + M], output[1] = {V - 1};
    Step steps[3];
    memset(steps, 0, sizeof steps);
    for (uint32_t j = 0; j < N; j++) operands[j] = j;
    for (uint32_t i = 0; i < M; i++) {
        operands[N + i] = i * N;
        operands[N + M + i] = M * N + i;
        operands[N + 2 * M + i] = N + i; /* a product's operands: z_i, x_0 */
        operands[N + 3 * M + i] = 0;
        operands[N + 4 * M + i] = N + M + i;
    }
    steps[0] = (Step){0, M, N, N, 0, KIND_LAYER, 1, 1, 1, 3};
    steps[1] = (Step){N + 2 * M, M, N + M, 2, OP_MUL, 2, 0, 0, 3, 1};
    steps[2] = (Step){N + 4 * M, 1, V - 1, M, STEP_SUM, KIND_SUM, 0, 0, 1, 1};
    Plan plan;
    memset(&plan, 0, sizeof plan);
    plan.varying = (Tape){steps, 3, operands, 0};
    plan.inputs = N, plan.outputs = 1, plan.output = output;
    plan.u_size = U, plan.v_size = V, plan.room = N * MOST_LANES, plan.lanes = MOST_LANES;

    /* blocks of just the size, so that a sanitizer sees what goes beyond */
    double *u = malloc(U * sizeof *u), *u_bar = calloc(U, sizeof *u);
    double *v = malloc(V * MOST_LANES * sizeof *v), *bar = malloc(V * MOST_LANES * sizeof *v);
    double *room = malloc(plan.room * sizeof *room), *x = malloc(rows * N * sizeof *x);
    double *z = malloc(rows * sizeof *z), *x_bar = malloc(rows * N * sizeof *x), one = 1.0;
    Column inputs[N], grads[N], outputs[1] = {{z, 1}}, seeds[1] = {{&one, 0}};
    for (int k = 0; k < U; k++) u[k] = next();
    for (size_t k = 0; k < rows * N; k++) x[k] = next();
    for (int j = 0; j < N; j++) {
        inputs[j] = (Column){x + j, N};
        grads[j] = (Column){x_bar + j, N};
    }
    Run run;
    memset(&run, 0, sizeof run);
    run.inputs = inputs, run.outputs = outputs, run.seeds = seeds, run.grads = grads;
    run.u = u, run.u_bar = u_bar, run.v = v, run.bar = bar, run.room = room, run.w = u, run.w_bar = u_bar;
    run.wants = BY_INPUTS | BY_WEIGHTS;
    begin_call(&plan, &run, cpu);
    run_rows(&plan, &run, cpu, 0, rows);
    end_call(&plan, &run, cpu);

    double by_w[U] = {0};
    for (size_t r = 0; r < rows; r++) {
        double C = 0.0, by_x[N] = {0};
        for (int i = 0; i < M; i++) {
            double a = u[M * N + i];
            for (int j = 0; j < N; j++) a += u[i * N + j] * x[r * N + j];
            C += a * x[r * N];
            by_x[0] += a;
            by_w[M * N + i] += x[r * N];
            for (int j = 0; j < N; j++) {
                by_x[j] += u[i * N + j] * x[r * N];
                by_w[i * N + j] += x[r * N + j] * x[r * N];
            }
        }
        if (!close_to(z[r], C)) wrong("an output", rows);
        for (int j = 0; j < N; j++)
            if (!close_to(x_bar[r * N + j], by_x[j])) wrong("a derivative by an input", rows);
    }
    for (int k = 0; k < U; k++)
        if (!close_to(u_bar[k], by_w[k])) wrong("a derivative by a weight", rows);
    note(z, rows);
    note(x_bar, rows * N);
    note(u_bar, U);
    free(u), free(u_bar), free(v), free(bar), free(room), free(x), free(z), free(x_bar);
}

int main(int count, char **words) {
    const Processor *cpu = processor_up_to(count > 1 ? atoi(words[1]) : 2);
    for (size_t rows = 1; rows <= ROWS; rows++) replay(cpu, rows);
    printf("%s %016llx\n", cpu->name, (unsigned long long)hash);
    return 0;
}
