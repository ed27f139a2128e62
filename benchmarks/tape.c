/* The yardstick: a plain interpreter of a tape, as one writes it in an afternoon.
 * An instruction is five ints: what to do, and its operands; results are numbered on. */
#include <math.h>
#include <string.h>

enum { SOFTPLUS, SUM4, PRODUCT, SOFTMAX4 };

static void forward(const int *tape, int count, int inputs, double *v) {
    int z = inputs;
    for (int k = 0; k < count; k++, tape += 5) {
        const int *x = tape + 1;
        switch (tape[0]) {
        case SOFTPLUS:
            v[z++] = fmax(v[x[0]], 0.0) + log1p(exp(-fabs(v[x[0]])));
            break;
        case SUM4: v[z++] = v[x[0]] + v[x[1]] + v[x[2]] + v[x[3]]; break;
        case PRODUCT: v[z++] = v[x[0]] * v[x[1]]; break;
        case SOFTMAX4: {
            double most = v[x[0]], total = 0.0;
            for (int j = 1; j < 4; j++) most = fmax(most, v[x[j]]);
            for (int j = 0; j < 4; j++) total += v[z + j] = exp(v[x[j]] - most);
            for (int j = 0; j < 4; j++) v[z + j] /= total;
            z += 4;
        }
        }
    }
}

static void backward(const int *tape, int count, int nodes, const double *v, double *bar) {
    int z = nodes;
    tape += 5 * count;
    while (count--) {
        tape -= 5;
        const int *x = tape + 1;
        switch (tape[0]) {
        case SOFTPLUS:
            z--;
            bar[x[0]] += bar[z] / (1.0 + exp(-v[x[0]]));
            break;
        case SUM4:
            z--;
            for (int j = 0; j < 4; j++) bar[x[j]] += bar[z];
            break;
        case PRODUCT:
            z--;
            bar[x[0]] += bar[z] * v[x[1]];
            bar[x[1]] += bar[z] * v[x[0]];
            break;
        case SOFTMAX4: {
            double mean = 0.0;
            z -= 4;
            for (int j = 0; j < 4; j++) mean += v[z + j] * bar[z + j];
            for (int j = 0; j < 4; j++) bar[x[j]] += v[z + j] * (bar[z + j] - mean);
        }
        }
    }
}

/* `runs` times the cost, which is the sum of the last `last` results, and its gradient. */
double repeat(const int *tape, int count, int inputs, int nodes, int last, int runs,
              double *v, double *bar) {
    double cost = 0.0;
    for (int r = 0; r < runs; r++) {
        forward(tape, count, inputs, v);
        cost = 0.0;
        memset(bar, 0, nodes * sizeof(double));
        for (int k = nodes - last; k < nodes; k++) cost += v[k], bar[k] = 1.0;
        backward(tape, count, nodes, v, bar);
    }
    return cost;
}
