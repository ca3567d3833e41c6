// Gated linear recurrences, one direction: states and gradients of steps, first to last or last to
// first.  Each state is made of the one before by one multiplication and addition, so that nothing
// is multiplied by a matrix here (genoseq/kernels/scan has the formulas).

#include <new>
#include <vector>

#include "vectors.h"

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/scan.py has the same fields.
struct GenoseqScan {
  const float *given;       // a step's and row's `width` gates, `width` values behind them
  float *states;            // written forward, read backward
  const int64_t *lengths;   // of each row: steps of its own; states of others are 0
  const float *before;      // (rows, width), or null: zeros
  const float *d_states;    // backward: gradients of states
  float *d_given;           // backward: gradients of gates and values
  int64_t given_step, given_row, states_step, states_row, before_row;  // in numbers
  int64_t steps, rows;
  int32_t width, reverse;
};
}

namespace {

constexpr int L = GENOSEQ_LANES;

// 1 / (1 + 2^(-x log2 e)).
inline vf kept(vf gate) {
  return every(1.0f) / (every(1.0f) + power_of_two(gate * every(-1.44269504f)));
}

// The states `at` lanes of a row hold before the first step.
void begin(const GenoseqScan &run, float *carried) {
  std::memset(carried, 0, sizeof(float) * size_t(run.rows * run.width));
  if (!run.before) return;
  for (int64_t row = 0; row < run.rows; ++row)
    std::memcpy(carried + row * run.width, run.before + row * run.before_row,
                sizeof(float) * size_t(run.width));
}

void forward(const GenoseqScan &run, float *carried) {
  begin(run, carried);
  const int width = run.width;
  for (int64_t at = 0; at < run.steps; ++at) {
    const int64_t step = run.reverse ? run.steps - 1 - at : at;
    for (int64_t row = 0; row < run.rows; ++row) {
      const float *given = run.given + step * run.given_step + row * run.given_row;
      float *states = run.states + step * run.states_step + row * run.states_row;
      float *own = carried + row * width;
      if (step >= run.lengths[row]) {
        std::memset(states, 0, sizeof(float) * size_t(width));
        continue;
      }
      for (int lane = 0; lane < width; lane += L) {
        const int count = width - lane < L ? width - lane : L;
        const vf value = load_some(given + width + lane, count);
        const vf state = load_some(own + lane, count) - value;
        const vf next = fma(kept(load_some(given + lane, count)), state, value);
        store_some(own + lane, next, count);
        store_some(states + lane, next, count);
      }
    }
  }
}

// `carried`: what a state's gradient is by way of the states behind it.
void backward(const GenoseqScan &run, float *carried, float *first) {
  begin(run, first);
  const int width = run.width;
  std::memset(carried, 0, sizeof(float) * size_t(run.rows * width));
  for (int64_t at = run.steps - 1; at >= 0; --at) {
    const int64_t step = run.reverse ? run.steps - 1 - at : at;
    const int64_t back = run.reverse ? step + 1 : step - 1;
    for (int64_t row = 0; row < run.rows; ++row) {
      const int64_t place = step * run.given_step + row * run.given_row;
      const float *given = run.given + place;
      const float *d_states = run.d_states + step * run.states_step + row * run.states_row;
      const float *previous =
          at ? run.states + back * run.states_step + row * run.states_row : first + row * width;
      float *d_given = run.d_given + place, *own = carried + row * width;
      if (step >= run.lengths[row]) {
        std::memset(d_given, 0, 2 * sizeof(float) * size_t(width));
        continue;
      }
      for (int lane = 0; lane < width; lane += L) {
        const int count = width - lane < L ? width - lane : L;
        const vf gate = kept(load_some(given + lane, count));
        const vf taken = every(1.0f) - gate;
        const vf grad = load_some(own + lane, count) + load_some(d_states + lane, count);
        const vf apart = load_some(previous + lane, count) - load_some(given + width + lane, count);
        store_some(d_given + lane, grad * apart * gate * taken, count);
        store_some(d_given + width + lane, grad * taken, count);
        store_some(own + lane, grad * gate, count);
      }
    }
  }
}

}  // namespace

extern "C" {

// 0, or 1 if there is no memory left.
GENOSEQ_API int32_t genoseq_scan_fp32(const GenoseqScan *run) {
  try {
    std::vector<float> carried(size_t(run->rows * run->width));
    forward(*run, carried.data());
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

GENOSEQ_API int32_t genoseq_scan_back_fp32(const GenoseqScan *run) {
  try {
    std::vector<float> carried(size_t(run->rows * run->width)), first(carried.size());
    backward(*run, carried.data(), first.data());
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}
}
