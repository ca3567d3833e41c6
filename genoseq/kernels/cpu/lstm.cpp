// LSTMs that learn: one direction of a layer over rows of one length, and its gradients, in fp32.
//
// What inputs add to the gates, and the gradients of all weights but by way of states, are matrix
// products of all steps at once, which PyTorch does (genoseq/kernels/cpu/lstm.py).  Here is what goes
// from step to step: products of states with their weights, and the gates' functions.  Each number
// is summed up in one order, so it depends on neither the rows beside it nor the instruction set.

#include <algorithm>
#include <new>
#include <vector>

#include "vectors.h"

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/lstm.py has the same fields.  Numbers
// of a step's and row's gates are those of input, forget, cell and output gate, `width` of each.
struct GenoseqLstm {
  float *gates;            // forward: what inputs add, then the gates themselves; backward: read
  float *cells;            // (steps, rows, width), as states: written forward, read backward
  float *states;           // written forward
  const float *d_states;   // backward: gradients of states
  float *d_sums;           // backward, written: gradients of what gates are functions of
  const float *weight_hh;  // (4 width, width), as PyTorch has it
  int64_t steps, rows;
  int64_t all_rows;  // from a step to the next one
  int32_t width, reverse;
};
}

namespace {

constexpr int L = GENOSEQ_LANES;
constexpr int PANEL = 2 * L;                // columns whose sums are made together
constexpr int ROWS = L == 8 ? 4 : 8;        // and rows: as many as registers hold
constexpr int GATES = 4;

int64_t in_panels(int64_t columns) { return (columns + PANEL - 1) / PANEL * PANEL; }

// A matrix (depth, columns) in panels (panel, depth, PANEL), so that a sum reads from end to end.
class Panels {
 public:
  template <class Number>
  Panels(int64_t depth, int64_t columns, const Number &number)
      : depth_(depth), columns_(in_panels(columns)), weights_(size_t(depth * columns_), 0.0f) {
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t k = 0; k < depth; ++k)
        weights_[size_t((column / PANEL * depth + k) * PANEL + column % PANEL)] = number(k, column);
  }

  // Rows (rows, depth) times the matrix: (rows, columns), both with what fills up a row.
  void multiply(float *to, const float *from, int64_t from_apart, int64_t rows) const {
    for (int64_t column = 0; column < columns_; column += PANEL)
      for (int64_t row = 0; row < rows; row += ROWS)
        some<ROWS>(std::min<int64_t>(ROWS, rows - row), to + row * columns_ + column,
                   from + row * from_apart, from_apart, weights_.data() + column * depth_);
  }

  int64_t columns() const { return columns_; }

 private:
  template <int M>
  void some(int64_t rows, float *to, const float *from, int64_t apart, const float *panel) const {
    if (rows == M) return sums<M>(to, from, apart, panel);
    if constexpr (M > 1) some<M - 1>(rows, to, from, apart, panel);
  }

  template <int M>
  __attribute__((noinline)) void sums(float *to, const float *from, int64_t apart,
                                      const float *panel) const {
    vf first[M], second[M];
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) first[m] = second[m] = every(0.0f);
    for (int64_t k = 0; k < depth_; ++k) {
      const vf a = load(panel + k * PANEL), b = load(panel + k * PANEL + L);
#pragma GCC unroll 8
      for (int m = 0; m < M; ++m) {
        const vf x = every(from[m * apart + k]);
        first[m] = fma(x, a, first[m]);
        second[m] = fma(x, b, second[m]);
      }
    }
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      store(to + m * columns_, first[m]);
      store(to + m * columns_ + L, second[m]);
    }
  }

  int64_t depth_, columns_;
  std::vector<float> weights_;
};

constexpr float LOG2_E = 1.44269504f;

// 1 / (1 + 2^(-x log2 e)).
inline vf sigmoid(vf x) { return every(1.0f) / (every(1.0f) + power_of_two(x * every(-LOG2_E))); }

// (1 - 2^t) / (1 + 2^t), t = -2 x log2 e.
inline vf tanh(vf x) {
  const vf power = power_of_two(x * every(-2.0f * LOG2_E));
  return (every(1.0f) - power) / (every(1.0f) + power);
}

struct Step {
  int64_t at, before;  // numbers of this step and the one that its states come from; -1: none
};

Step step_of(const GenoseqLstm &run, int64_t number) {
  if (run.reverse) return {run.steps - 1 - number, number ? run.steps - number : -1};
  return {number, number - 1};
}

// Where a step's and row's numbers of one kind begin, `count` of them each.
int64_t place(const GenoseqLstm &run, int64_t step, int64_t row, int64_t count) {
  return (step * run.all_rows + row) * count;
}

void forward(const GenoseqLstm &run) {
  const int64_t width = run.width, wide = in_panels(width);
  const Panels weights(width, GATES * wide, [&](int64_t k, int64_t column) {
    const int64_t gate = column / wide, unit = column % wide;
    return unit < width ? run.weight_hh[(gate * width + unit) * width + k] : 0.0f;
  });
  std::vector<float> states(size_t(run.rows * wide)), cells(states.size());
  std::vector<float> sums(size_t(run.rows * weights.columns()));
  for (int64_t number = 0; number < run.steps; ++number) {
    const int64_t step = step_of(run, number).at;
    weights.multiply(sums.data(), states.data(), wide, run.rows);
    for (int64_t row = 0; row < run.rows; ++row) {
      float *gates = run.gates + place(run, step, row, GATES * width);
      float *to_cells = run.cells + place(run, step, row, width);
      float *to_states = run.states + place(run, step, row, width);
      const float *own = sums.data() + row * weights.columns();
      for (int64_t lane = 0; lane < width; lane += L) {
        const int count = int(std::min<int64_t>(L, width - lane));
        const auto sum = [&](int64_t gate) {
          return load(own + gate * wide + lane) + load_some(gates + gate * width + lane, count);
        };
        const vf input = sigmoid(sum(0)), forget = sigmoid(sum(1)), proposed = tanh(sum(2));
        const vf output = sigmoid(sum(3));
        float *cell_at = cells.data() + row * wide + lane;
        const vf cell = fma(forget, load(cell_at), input * proposed);
        const vf state = output * tanh(cell);
        store(cell_at, cell);
        store(states.data() + row * wide + lane, state);
        store_some(gates + lane, input, count);
        store_some(gates + width + lane, forget, count);
        store_some(gates + 2 * width + lane, proposed, count);
        store_some(gates + 3 * width + lane, output, count);
        store_some(to_cells + lane, cell, count);
        store_some(to_states + lane, state, count);
      }
    }
  }
}

void backward(const GenoseqLstm &run) {
  const int64_t width = run.width, wide = in_panels(width);
  const Panels weights(GATES * wide, width, [&](int64_t k, int64_t unit) {
    const int64_t gate = k / wide, from = k % wide;
    return from < width ? run.weight_hh[(gate * width + from) * width + unit] : 0.0f;
  });
  // What a state's and a cell's gradients are by way of the step behind them.
  std::vector<float> d_states(size_t(run.rows * wide)), d_cells(d_states.size());
  std::vector<float> d_sums(size_t(run.rows * GATES * wide));
  const std::vector<float> none(size_t(width), 0.0f);
  for (int64_t number = run.steps - 1; number >= 0; --number) {
    const Step step = step_of(run, number);
    for (int64_t row = 0; row < run.rows; ++row) {
      const int64_t at = place(run, step.at, row, width);
      const float *gates = run.gates + GATES * at, *cells = run.cells + at;
      const float *before =
          step.before < 0 ? none.data() : run.cells + place(run, step.before, row, width);
      float *to = run.d_sums + GATES * at, *own = d_sums.data() + row * GATES * wide;
      for (int64_t lane = 0; lane < width; lane += L) {
        const int count = int(std::min<int64_t>(L, width - lane));
        const auto gate = [&](int64_t which) {
          return load_some(gates + which * width + lane, count);
        };
        const auto give = [&](int64_t which, vf gradient) {
          store(own + which * wide + lane, gradient);
          store_some(to + which * width + lane, gradient, count);
        };
        const vf one = every(1.0f);
        const vf input = gate(0), forget = gate(1), proposed = gate(2), output = gate(3);
        const vf shown = tanh(load_some(cells + lane, count));
        const vf d_state =
            load_some(run.d_states + at + lane, count) + load(d_states.data() + row * wide + lane);
        float *cell_at = d_cells.data() + row * wide + lane;
        const vf d_cell = fma(d_state * output, one - shown * shown, load(cell_at));
        store(cell_at, d_cell * forget);
        give(0, d_cell * proposed * input * (one - input));
        give(1, d_cell * load_some(before + lane, count) * forget * (one - forget));
        give(2, d_cell * input * (one - proposed * proposed));
        give(3, d_state * shown * output * (one - output));
      }
    }
    weights.multiply(d_states.data(), d_sums.data(), GATES * wide, run.rows);
  }
}

int32_t done(void (*work)(const GenoseqLstm &), const GenoseqLstm *run) {
  try {
    work(*run);
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {

// 0, or 1 if there is no memory left.
GENOSEQ_API int32_t genoseq_lstm_fp32(const GenoseqLstm *run) { return done(forward, run); }

GENOSEQ_API int32_t genoseq_lstm_back_fp32(const GenoseqLstm *run) { return done(backward, run); }
}
