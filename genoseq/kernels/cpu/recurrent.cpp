// One direction of one recurrent layer (RNN, GRU, LSTM) over rows of any lengths, predictions only.
//
// What a row gives depends on neither the rows beside it nor their number: each number is summed up
// in one order.  Steps are done in blocks: first what the inputs add to all gates of a block, a
// matrix product, then step by step what the states add, with the gates' functions applied to the
// sums while they are in registers.  Weights lie in panels: all gates of as many units as a vector
// has lanes, so that a unit's gates meet in one place.
//
// Gates are computed as powers of 2: sigmoid(x) = 1 / (1 + 2^t), t = -x log2(e), and
// tanh(x) = (1 - 2^t) / (1 + 2^t), t = -2 x log2(e); in fp32 the factors are in the packed weights,
// of bf16 they would cost a second rounding.
// Absolute error of either: at most 3e-7.

#include <algorithm>
#include <new>
#include <numeric>
#include <type_traits>
#include <vector>

#include "vectors.h"

namespace {

constexpr int L = GENOSEQ_LANES;
constexpr int BLOCK = GENOSEQ_BLOCK;
constexpr int BLOCK_BYTES = 131072;  // of gates that wait for their states: they stay in the L2
constexpr float LOG2_E = 1.44269504f;

enum Family : int32_t { RNN, GRU, LSTM };

}  // namespace

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/library.py has the same fields.
struct GenoseqRun {
  const void *inputs;      // (steps, rows, width_in): fp32, or bf16 if the run is one of bf16
  void *outputs;           // (steps, rows, width) of the same format, 0 where there is no state
  const int64_t *lengths;  // (rows,): the first steps of a row are its own
  const float *weight_ih, *weight_hh, *bias_ih, *bias_hh;  // as PyTorch has them
  int64_t input_step, input_row, output_step, output_row;  // strides in numbers
  int64_t steps, rows;
  int64_t first, last;  // states are asked for of first <= step < last
  int32_t width_in, width, family, reverse;
};
}

namespace {

[[maybe_unused]] uint16_t to_bf16(float x) {  // to the nearest, ties to even
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fc0;
  return uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// A number format of inputs, states and weights: DEPTH of them are multiplied at a time.
struct Fp32 {
  typedef float Number;
  typedef vf Weights;
  static constexpr int DEPTH = 1;
  static constexpr bool SCALED = true;  // whether weights hold the factors of gates
  static Number rounded(float x) { return x; }
  static Weights every_lane(const Number *from) { return every(*from); }
  static Weights weights(const Number *from) { return load(from); }
  static vf add(vf sum, Weights a, Weights b) { return fma(a, b, sum); }
  static void give(Number *to, vf x) { store(to, x); }
};

#if defined(__AVX512BF16__)
struct Bf16 {
  typedef uint16_t Number;
  typedef __m512bh Weights;
  static constexpr int DEPTH = 2;
  static constexpr bool SCALED = false;
  static Number rounded(float x) { return to_bf16(x); }
  static Weights every_lane(const Number *from) {
    int32_t pair;
    std::memcpy(&pair, from, 4);
    return (__m512bh)_mm512_set1_epi32(pair);
  }
  static Weights weights(const Number *from) { return (__m512bh)_mm512_loadu_si512(from); }
  static vf add(vf sum, Weights a, Weights b) { return _mm512_dpbf16_ps(sum, a, b); }
  static void give(Number *to, vf x) { store_bf16(to, x); }
};
#endif

int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

int gates_of(int32_t family) { return family == LSTM ? 4 : family == GRU ? 3 : 1; }

constexpr float SIGMOID = -LOG2_E, TANH = -2.0f * LOG2_E;  // factors of powers

template <class F>
float scale_of(int32_t family, int gate) {
  if (!F::SCALED) return 1.0f;
  return family == RNN || gate == 2 ? TANH : SIGMOID;
}

template <class F>
inline vf power(vf sum, float factor) {
  return power_of_two(F::SCALED ? sum : sum * every(factor));
}

template <class F>
using Numbers = std::vector<typename F::Number>;

// Weights (gates * width, depth) of PyTorch in panels (panel, depth / DEPTH, gate, lane, DEPTH).
template <class F>
Numbers<F> packed(const GenoseqRun &run, const float *weights, int depth) {
  const int gates = gates_of(run.family), panels = int(round_up(run.width, L) / L);
  const int64_t deep = round_up(depth, F::DEPTH);
  Numbers<F> out(panels * deep * gates * L, 0);
  for (int64_t unit = 0; unit < run.width; ++unit)
    for (int gate = 0; gate < gates; ++gate)
      for (int k = 0; k < depth; ++k) {
        const float weight = weights[(gate * int64_t(run.width) + unit) * depth + k];
        const int64_t group = (unit / L * deep + k) / F::DEPTH * gates + gate;
        out[(group * L + unit % L) * F::DEPTH + k % F::DEPTH] =
            F::rounded(weight * scale_of<F>(run.family, gate));
      }
  return out;
}

// Biases in panels (panel, gate, lane).  Of a GRU's third gate they are not added up.
template <class F>
std::vector<float> packed_bias(const GenoseqRun &run, bool inputs) {
  const int gates = gates_of(run.family);
  std::vector<float> out(round_up(run.width, L) * gates, 0.0f);
  for (int64_t unit = 0; unit < run.width; ++unit)
    for (int gate = 0; gate < gates; ++gate) {
      const int64_t from = gate * int64_t(run.width) + unit;
      const bool apart = run.family == GRU && gate == 2;
      const float bias = apart ? (inputs ? run.bias_ih[from] : run.bias_hh[from])
                               : (inputs ? run.bias_ih[from] + run.bias_hh[from] : 0.0f);
      out[(unit / L * gates + gate) * L + unit % L] = bias * scale_of<F>(run.family, gate);
    }
  return out;
}

// Sums (M, gate, lane): bases and the products of M rows with a panel's gates.  Bases are `apart`
// from row to row; those of the last gate are in `last` if it is not null.  A function of its own, so
// that all sums of a block stay in registers.
template <class F, int G, int M>
__attribute__((noinline)) void multiply(float *sums, const float *bases, int64_t apart,
                                        const float *last, const typename F::Number *rows,
                                        int64_t rows_apart, const typename F::Number *panel,
                                        int64_t groups) {
  vf sum[M][G];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g)
      sum[m][g] = load(g == G - 1 && last ? last : bases + m * apart + g * L);
  for (int64_t k = 0; k < groups; ++k) {
    typename F::Weights weights[G];
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) weights[g] = F::weights(panel + (k * G + g) * L * F::DEPTH);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      const typename F::Weights row = F::every_lane(rows + m * rows_apart + k * F::DEPTH);
#pragma GCC unroll 8
      for (int g = 0; g < G; ++g) sum[m][g] = F::add(sum[m][g], row, weights[g]);
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) store(sums + (m * G + g) * L, sum[m][g]);
}

// The state after a step of as many units as a vector has lanes, from the sums of their gates.
// `kept` is an LSTM's cell or a GRU's state, in fp32.
template <class F, int G>
inline vf next_state(const float *sums, const float *gates, float *kept) {
  const vf one = every(1.0f);
  vf sum[G];
#pragma GCC unroll 8
  for (int g = 0; g < G; ++g) sum[g] = load(sums + g * L);
  if constexpr (G == 4) {
    const vf input = one + power<F>(sum[0], SIGMOID), forget = one + power<F>(sum[1], SIGMOID);
    const vf candidate = power<F>(sum[2], TANH), output = one + power<F>(sum[3], SIGMOID);
    const vf both = input * (one + candidate);
    const vf cell = fma(load(kept), both, (one - candidate) * forget) / (both * forget);
    store(kept, cell);
    const vf shown = power_of_two(cell * every(TANH));
    return (one - shown) / (output * (one + shown));
  } else if constexpr (G == 3) {
    const vf reset = one / (one + power<F>(sum[0], SIGMOID)), update = power<F>(sum[1], SIGMOID);
    const vf candidate = power<F>(fma(reset, sum[2], load(gates + 2 * L)), TANH);
    const vf proposed = (one - candidate) / (one + candidate);
    const vf state = fma(update, proposed, load(kept)) / (one + update);
    store(kept, state);
    return state;
  } else {
    const vf both = power<F>(sum[0], TANH);
    return (one - both) / (one + both);
  }
}

template <class F, int G>
class Direction {
  typedef typename F::Number Number;

 public:
  explicit Direction(const GenoseqRun &run)
      : run_(run),
        panels_(int(round_up(run.width, L) / L)),
        padded_(int64_t(panels_) * L),
        deep_in_(round_up(run.width_in, F::DEPTH)),
        deep_(round_up(run.width, F::DEPTH)),
        weights_in_(packed<F>(run, run.weight_ih, run.width_in)),
        weights_(packed<F>(run, run.weight_hh, run.width)),
        bias_in_(packed_bias<F>(run, true)),
        bias_(packed_bias<F>(run, false)),
        kept_(run.rows * padded_, 0.0f) {
    for (auto &states : states_) states.assign(run.rows * padded_, Number(0));
    order_.resize(run.rows);
    std::iota(order_.begin(), order_.end(), int64_t(0));
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int64_t a, int64_t b) { return count(a) > count(b); });
    const int64_t bytes = padded_ * G * 4 * run.rows;
    block_ = std::max<int64_t>(1, std::min<int64_t>(run.steps, BLOCK_BYTES / bytes));
    inputs_.assign(block_ * run.rows * deep_in_, Number(0));
    gates_.resize(block_ * run.rows * padded_ * G);
  }

  void go() {
    for (int64_t first = 0; first < run_.steps; first += block_) {
      const int64_t last = std::min(run_.steps, first + block_);
      const int64_t count = gather(first, last);
      if (count == 0) break;
      read_inputs(count);
      int64_t before = 0;
      for (int64_t step = first; step < last; ++step) {
        const int64_t rows = active(step);
        advance(step, rows, before, count);
        before += rows;
      }
    }
    clear_rest();
  }

 private:
  int64_t active(int64_t step) const {  // rows that have such a step: the first of the order
    int64_t rows = 0;
    while (rows < run_.rows && count(order_[rows]) > step) ++rows;
    return rows;
  }

  // Steps of a row until the last one that is asked for, in the direction that is run.
  int64_t count(int64_t row) const {
    const int64_t length = run_.lengths[row];
    return run_.reverse ? std::max<int64_t>(0, length - run_.first) : std::min(length, run_.last);
  }

  int64_t place(int64_t step, int64_t row) const {  // of a row's step in its sequence
    return run_.reverse ? run_.lengths[row] - 1 - step : step;
  }

  int64_t gather(int64_t first, int64_t last) {  // inputs of a block, those of a step together
    int64_t count = 0;
    for (int64_t step = first; step < last; ++step)
      for (int64_t index = 0, rows = active(step); index < rows; ++index, ++count) {
        const int64_t row = order_[index];
        const Number *from = static_cast<const Number *>(run_.inputs) +
                             place(step, row) * run_.input_step + row * run_.input_row;
        std::memcpy(&inputs_[count * deep_in_], from, run_.width_in * sizeof(Number));
      }
    return count;
  }

  static int64_t next_block(int64_t left) {
    return left <= BLOCK ? left : left < 2 * BLOCK ? (left + 1) / 2 : BLOCK;
  }

  // Call `work` with the rows of each block, their number a constant.
  template <int M, class Work>
  static void in_blocks_of(int64_t count, int64_t row, const Work &work) {
    if constexpr (M > 0) {
      if (count == M)
        work(std::integral_constant<int, M>(), row);
      else
        in_blocks_of<M - 1>(count, row, work);
    }
  }

  template <class Work>
  static void in_blocks(int64_t rows, const Work &work) {
    for (int64_t row = 0, count; row < rows; row += count) {
      count = next_block(rows - row);
      in_blocks_of<BLOCK>(count, row, work);
    }
  }

  void read_inputs(int64_t count) {  // what inputs add to gates (panel, input, gate, lane)
    for (int panel = 0; panel < panels_; ++panel) {
      const Number *weights = &weights_in_[panel * deep_in_ * G * L];
      const float *bias = &bias_in_[panel * G * L];
      float *gates = &gates_[panel * count * G * L];
      in_blocks(count, [&](auto constant, int64_t row) {
        constexpr int M = decltype(constant)::value;
        multiply<F, G, M>(gates + row * G * L, bias, 0, nullptr, &inputs_[row * deep_in_], deep_in_,
                          weights, deep_in_ / F::DEPTH);
      });
    }
  }

  void advance(int64_t step, int64_t rows, int64_t before, int64_t count) {
    const Number *states = states_[step % 2].data();
    Number *next = states_[(step + 1) % 2].data();
    for (int panel = 0; panel < panels_; ++panel) {
      const Number *weights = &weights_[panel * deep_ * G * L];
      const float *gates = &gates_[(panel * count + before) * G * L];
      // What a GRU's states add to its third gate is multiplied before the inputs' part is added.
      const float *last = G == 3 ? &bias_[(panel * G + 2) * L] : nullptr;
      in_blocks(rows, [&](auto constant, int64_t row) {
        constexpr int M = decltype(constant)::value;
        float sums[M * G * L];
        multiply<F, G, M>(sums, gates + row * G * L, G * L, last, states + row * padded_, padded_,
                          weights, deep_ / F::DEPTH);
        for (int m = 0; m < M; ++m) {
          const int64_t at = (row + m) * padded_ + panel * L;
          F::give(next + at, next_state<F, G>(sums + m * G * L, gates + (row + m) * G * L, &kept_[at]));
        }
      });
    }
    for (int64_t index = 0; index < rows; ++index) {
      const int64_t row = order_[index], at = place(step, row);
      if (at >= run_.first && at < run_.last)
        std::memcpy(output(at, row), next + index * padded_, run_.width * sizeof(Number));
    }
  }

  Number *output(int64_t step, int64_t row) const {
    return static_cast<Number *>(run_.outputs) + step * run_.output_step + row * run_.output_row;
  }

  void clear_rest() {
    for (int64_t row = 0; row < run_.rows; ++row)
      for (int64_t step = 0; step < run_.steps; ++step)
        if (step < run_.first || step >= std::min(run_.last, run_.lengths[row]))
          std::memset(output(step, row), 0, run_.width * sizeof(Number));
  }

  const GenoseqRun &run_;
  const int panels_;
  const int64_t padded_, deep_in_, deep_;
  int64_t block_;
  const Numbers<F> weights_in_, weights_;
  const std::vector<float> bias_in_, bias_;
  std::vector<float> kept_, gates_;
  Numbers<F> states_[2], inputs_;
  std::vector<int64_t> order_;
};

template <class F>
int32_t go(const GenoseqRun &run) {
  if (run.rows == 0) return 0;
  try {
    if (run.family == LSTM)
      Direction<F, 4>(run).go();
    else if (run.family == GRU)
      Direction<F, 3>(run).go();
    else
      Direction<F, 1>(run).go();
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {

// 0, or 1 if there was no memory for it.
GENOSEQ_API int32_t genoseq_recurrent_fp32(const GenoseqRun *run) { return go<Fp32>(*run); }

#if defined(__AVX512BF16__)
GENOSEQ_API int32_t genoseq_recurrent_bf16(const GenoseqRun *run) { return go<Bf16>(*run); }
#endif
}
