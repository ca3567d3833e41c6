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
// Absolute error of either: at most 3e-7; of int8, 5e-5.
//
// In int8 inputs and states are unsigned bytes, weights signed ones: sums of products are exact
// integers, in whatever order, so each set of instructions gives the same bits.  A sum becomes the
// argument of a gate by one scale of the gate, to which its bias is added; both are made in
// genoseq/kernels/cpu/integers.py, which is also the twin.

#include <algorithm>
#include <new>
#include <numeric>
#include <type_traits>
#include <vector>

#include "tiles.h"
#include "vectors.h"

namespace {

constexpr int L = GENOSEQ_LANES;
constexpr int BLOCK_BYTES = 131072;  // of gates that wait for their states: they stay in the L2
constexpr float LOG2_E = 1.44269504f;

enum Family : int32_t { RNN, GRU, LSTM };

}  // namespace

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/library.py has the same fields.
struct GenoseqRun {
  const void *inputs;      // (steps, rows, width_in): bf16 if the run is one of bf16, else fp32
  void *outputs;           // (steps, rows, width) of the same format, 0 where there is no state
  const int64_t *lengths;  // (rows,): the first steps of a row are its own
  const void *weight_ih, *weight_hh;  // as PyTorch has them; of int8, signed bytes
  const float *bias_ih, *bias_hh;     // of int8 with the gates' factors and all of bias_hh that adds up
  // Of int8 alone: what a number of either sum stands for, by gate and unit, factors included; an
  // input x is round(x * input_scale + input_zero), by input.
  const float *scale_ih, *scale_hh, *input_scale, *input_zero;
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

int32_t four_bytes(const void *from) {
  int32_t bytes;
  std::memcpy(&bytes, from, 4);
  return bytes;
}

// A number format.  Numbers are what is multiplied, DEPTH of them at a time; Given what inputs and
// outputs are in memory.
struct Fp32 {
  typedef float Number, Given, Weight;
  typedef vf Numbers, Sum;
  static constexpr int DEPTH = 1;
  static constexpr bool SCALED = true;  // whether weights hold the factors of gates
  static constexpr bool TILES = false;
  static float packed(Weight x, float factor) { return x * factor; }
  static Numbers every_lane(const Number *from) { return every(*from); }
  static Numbers weights(const Number *from) { return load(from); }
  static Sum begin(const float *base) { return load(base); }
  static Sum add(Sum sum, Numbers a, Numbers b) { return fma(a, b, sum); }
  static vf end(Sum sum, const float *, const float *) { return sum; }
  static vf power(vf x) { return power_of_two(x); }
  static void give(Number *to, vf x) { store(to, x); }
};

#if defined(__AVX512BF16__)
struct Bf16 {
  typedef uint16_t Number, Given;
  typedef float Weight;
  typedef __m512bh Numbers;
  typedef vf Sum;
  static constexpr int DEPTH = 2;
  static constexpr bool SCALED = false;
#if defined(GENOSEQ_TILES)
  static constexpr bool TILES = true;
#else
  static constexpr bool TILES = false;
#endif
  static Number packed(Weight x, float) { return to_bf16(x); }
  static Numbers every_lane(const Number *from) {
    return (__m512bh)_mm512_set1_epi32(four_bytes(from));
  }
  static Numbers weights(const Number *from) { return (__m512bh)_mm512_loadu_si512(from); }
  static Sum begin(const float *base) { return load(base); }
  static Sum add(Sum sum, Numbers a, Numbers b) { return _mm512_dpbf16_ps(sum, a, b); }
  static vf end(Sum sum, const float *, const float *) { return sum; }
  static vf power(vf x) { return power_of_two(x); }
  static void give(Number *to, vf x) { store_bf16(to, x); }
};
#endif

#if defined(GENOSEQ_INTEGERS)
struct Int8 {
  typedef uint8_t Number;
  typedef int8_t Weight;
  typedef float Given;
  typedef vi Numbers, Sum;
  static constexpr int DEPTH = 4;
  static constexpr bool SCALED = true;
#if defined(GENOSEQ_TILES)
  static constexpr bool TILES = true;
#else
  static constexpr bool TILES = false;
#endif
  static Number packed(Weight x, float) { return Number(x); }
  static Numbers every_lane(const Number *from) { return every_four(four_bytes(from)); }
  static Numbers weights(const Number *from) { return load_bytes(from); }
  static Sum begin(const float *) { return no_sum(); }
  static Sum add(Sum sum, Numbers a, Numbers b) { return add_products(sum, a, b); }
  static vf end(Sum sum, const float *scale, const float *base) {
    return fma(as_floats(sum), load(scale), load(base));
  }
  static vf power(vf x) { return power_of_two_nearly(x); }
  // States are -127 to 127, 128 added.
  static void give(Number *to, vf x) { store_bytes(to, fma(x, every(127.0f), every(128.0f))); }
};
#endif

template <class F>
constexpr bool IS_INT8 = sizeof(typename F::Number) == 1;

// Rows that are multiplied together: as many as fill the registers with sums.
template <class F>
constexpr int BLOCK = L == 8 && !IS_INT8<F> ? 3 : 6;

int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

int gates_of(int32_t family) { return family == LSTM ? 4 : family == GRU ? 3 : 1; }

constexpr float SIGMOID = -LOG2_E, TANH = -2.0f * LOG2_E;  // factors of powers

template <class F>
float scale_of(int32_t family, int gate) {
  if (!F::SCALED || IS_INT8<F>) return 1.0f;
  return family == RNN || gate == 2 ? TANH : SIGMOID;
}

template <class F>
inline vf power(vf sum, float factor) {
  return F::power(F::SCALED ? sum : sum * every(factor));
}

template <class F>
using Many = std::vector<typename F::Number>;

// Numbers of a row that are multiplied, with what fills up the last step of the product.
template <class F>
int64_t deep(int64_t depth) {
  return round_up(depth, F::DEPTH * (F::TILES ? TILE_ROWS : 1));
}

// Weights (gates * width, depth) of PyTorch in panels (panel, depth / DEPTH, gate, lane, DEPTH).
template <class F>
Many<F> packed(const GenoseqRun &run, const void *given, int depth) {
  const auto *weights = static_cast<const typename F::Weight *>(given);
  const int gates = gates_of(run.family), panels = int(round_up(run.width, L) / L);
  const int64_t filled = deep<F>(depth);
  Many<F> out(panels * filled * gates * L, 0);
  for (int64_t unit = 0; unit < run.width; ++unit)
    for (int gate = 0; gate < gates; ++gate)
      for (int k = 0; k < depth; ++k) {
        const auto weight = weights[(gate * int64_t(run.width) + unit) * depth + k];
        const int64_t group = (unit / L * filled + k) / F::DEPTH * gates + gate;
        out[(group * L + unit % L) * F::DEPTH + k % F::DEPTH] =
            F::packed(weight, scale_of<F>(run.family, gate));
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

// Scales (gates * width) in panels (panel, gate, lane); nothing of formats without scales.
template <class F>
std::vector<float> packed_scale(const GenoseqRun &run, const float *scale) {
  if (!IS_INT8<F>) return {};
  const int gates = gates_of(run.family);
  std::vector<float> out(round_up(run.width, L) * gates, 0.0f);
  for (int64_t unit = 0; unit < run.width; ++unit)
    for (int gate = 0; gate < gates; ++gate)
      out[(unit / L * gates + gate) * L + unit % L] = scale[gate * int64_t(run.width) + unit];
  return out;
}

// Where products of some rows with a panel's gates begin and end.
struct Ends {
  const float *bases;  // (row, gate, lane), `apart` from row to row
  int64_t apart;
  const float *last;   // instead of the last gate's, for all rows, if it is not null
  const float *scale;  // (gate, lane), of int8

  template <int G>
  const float *base(int row, int gate) const {
    return gate == G - 1 && last ? last : bases + row * apart + gate * L;
  }
};

// Sums (M, G, lane), those of gates FIRST to FIRST + C: products of M rows with a panel.  A function
// of its own, so that all sums of a block stay in registers.
template <class F, int G, int FIRST, int C, int M>
__attribute__((noinline)) void multiply(float *sums, const Ends &ends,
                                        const typename F::Number *rows, int64_t rows_apart,
                                        const typename F::Number *panel, int64_t groups) {
  const Ends own = ends;  // which what is stored cannot change
  typename F::Sum sum[M][C];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) sum[m][c] = F::begin(own.base<G>(m, FIRST + c));
  for (int64_t k = 0; k < groups; ++k) {
    typename F::Numbers weights[C];
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c)
      weights[c] = F::weights(panel + (k * G + FIRST + c) * L * F::DEPTH);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      const typename F::Numbers row = F::every_lane(rows + m * rows_apart + k * F::DEPTH);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[m][c] = F::add(sum[m][c], row, weights[c]);
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c)
      store(sums + (m * G + FIRST + c) * L,
            F::end(sum[m][c], own.scale + (FIRST + c) * L, own.base<G>(m, FIRST + c)));
}

// All gates' sums; where registers are few, some gates after the others.
template <class F, int G, int M, int FIRST = 0>
void multiply_gates(float *sums, const Ends &ends, const typename F::Number *rows,
                    int64_t rows_apart, const typename F::Number *panel, int64_t groups) {
  constexpr int most = L == 8 && M > 3 ? 2 : G;
  constexpr int C = most < G - FIRST ? most : G - FIRST;
  multiply<F, G, FIRST, C, M>(sums, ends, rows, rows_apart, panel, groups);
  if constexpr (FIRST + C < G)
    multiply_gates<F, G, M, FIRST + C>(sums, ends, rows, rows_apart, panel, groups);
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
    const vf shown = F::power(cell * every(TANH));
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

#if defined(GENOSEQ_TILES)
// As multiply_gates, of up to TILE_ROWS rows.
template <class F, int G>
__attribute__((noinline)) void multiply_tiles(Tiles &tiles, int count, float *sums,
                                              const Ends &ends, const typename F::Number *rows,
                                              int64_t rows_apart,
                                              const typename F::Number *panel, int64_t groups) {
  constexpr int64_t number = sizeof(typename F::Number);
  tiles.set_rows(count);
  tile_gates<IS_INT8<F>, G>(
      sums, reinterpret_cast<const char *>(rows), rows_apart * number,
      reinterpret_cast<const char *>(panel), groups);
  for (int row = 0; row < count; ++row)
#pragma GCC unroll 8
    for (int gate = 0; gate < G; ++gate) {
      float *sum = sums + (row * G + gate) * L;
      if constexpr (IS_INT8<F>)
        store(sum, F::end(_mm512_loadu_si512(sum), ends.scale + gate * L, ends.base<G>(row, gate)));
      else
        store(sum, load(sum) + load(ends.base<G>(row, gate)));
    }
}
#endif

template <class F, int G>
class Direction {
  typedef typename F::Number Number;
  typedef typename F::Given Given;

 public:
  explicit Direction(const GenoseqRun &run)
      : run_(run),
        panels_(int(round_up(run.width, L) / L)),
        padded_(int64_t(panels_) * L),
        deep_in_(deep<F>(run.width_in)),
        deep_(deep<F>(run.width)),
        apart_(std::max(padded_, deep_)),
        weights_in_(packed<F>(run, run.weight_ih, run.width_in)),
        weights_(packed<F>(run, run.weight_hh, run.width)),
        bias_in_(packed_bias<F>(run, true)),
        bias_(packed_bias<F>(run, false)),
        scale_in_(packed_scale<F>(run, run.scale_ih)),
        scale_(packed_scale<F>(run, run.scale_hh)),
        kept_(run.rows * padded_, 0.0f) {
    for (auto &states : states_) states.assign(run.rows * apart_, Number(IS_INT8<F> ? 128 : 0));
    if (IS_INT8<F>) told_.resize(run.rows * padded_);
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
        const Given *from = static_cast<const Given *>(run_.inputs) +
                            place(step, row) * run_.input_step + row * run_.input_row;
        take(&inputs_[count * deep_in_], from);
      }
    return count;
  }

  static vf as_byte(vf x, vf scale, vf zero) {  // not yet rounded, nor cut off below 0
    return least(every(255.0f), fma(x, scale, zero));
  }

  void take(Number *to, const Given *from) const {  // the inputs of a row's step
#if defined(GENOSEQ_INTEGERS)
    if constexpr (IS_INT8<F>) {
      int k = 0;
      for (; k + L <= run_.width_in; k += L)
        store_bytes(to + k, as_byte(load(from + k), load(run_.input_scale + k),
                                    load(run_.input_zero + k)));
      if (const int some = run_.width_in - k) {
        uint8_t bytes[L];
        store_bytes(bytes, as_byte(load_some(from + k, some), load_some(run_.input_scale + k, some),
                                   load_some(run_.input_zero + k, some)));
        std::memcpy(to + k, bytes, size_t(some));
      }
      return;
    }
#endif
    std::memcpy(to, from, run_.width_in * sizeof(Given));
  }

  static int64_t next_block(int64_t left) {
    constexpr int most = BLOCK<F>;
    return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most;
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
      in_blocks_of<BLOCK<F>>(count, row, work);
    }
  }

  // Sums (row, gate, lane) of `count` rows and a panel; afterwards `work` with the first row of each
  // block, how many it has, and its sums.
  template <class Sums, class Work>
  void products(int64_t count, Ends ends, const Number *rows, int64_t rows_apart,
                const Number *panel, int64_t depth, const Sums &sums, const Work &work) {
    const float *bases = ends.bases;
#if defined(GENOSEQ_TILES)
    if constexpr (F::TILES) {
      for (int64_t row = 0; row < count; row += TILE_ROWS) {
        const int some = int(std::min<int64_t>(TILE_ROWS, count - row));
        ends.bases = bases + row * ends.apart;
        multiply_tiles<F, G>(tiles_, some, sums(row), ends, rows + row * rows_apart, rows_apart,
                             panel, depth / F::DEPTH);
        work(row, some, sums(row));
      }
      return;
    }
#endif
    in_blocks(count, [&](auto constant, int64_t row) {
      constexpr int M = decltype(constant)::value;
      ends.bases = bases + row * ends.apart;
      multiply_gates<F, G, M>(sums(row), ends, rows + row * rows_apart, rows_apart, panel,
                              depth / F::DEPTH);
      work(row, M, sums(row));
    });
  }

  void read_inputs(int64_t count) {  // what inputs add to gates (panel, input, gate, lane)
    for (int panel = 0; panel < panels_; ++panel) {
      const Ends ends = {&bias_in_[panel * G * L], 0, nullptr, scale_in_.data() + panel * G * L};
      float *gates = &gates_[panel * count * G * L];
      products(
          count, ends, inputs_.data(), deep_in_, &weights_in_[panel * deep_in_ * G * L], deep_in_,
          [=](int64_t row) { return gates + row * G * L; }, [](int64_t, int, const float *) {});
    }
  }

  void advance(int64_t step, int64_t rows, int64_t before, int64_t count) {
    const Number *states = states_[step % 2].data();
    Number *next = states_[(step + 1) % 2].data();
    float sums[(F::TILES ? TILE_ROWS : BLOCK<F>) * G * L];
    for (int panel = 0; panel < panels_; ++panel) {
      const float *gates = &gates_[(panel * count + before) * G * L];
      // What a GRU's states add to its third gate is multiplied before the inputs' part is added.
      const float *last = G == 3 ? &bias_[(panel * G + 2) * L] : nullptr;
      const Ends ends = {gates, G * L, last, scale_.data() + panel * G * L};
      products(
          rows, ends, states, apart_, &weights_[panel * deep_ * G * L], deep_,
          [&](int64_t) { return sums; },
          [&](int64_t row, int some, const float *found) {
            for (int m = 0; m < some; ++m) {
              const int64_t at = (row + m) * padded_ + panel * L;
              const vf state =
                  next_state<F, G>(found + m * G * L, gates + (row + m) * G * L, &kept_[at]);
              F::give(next + (row + m) * apart_ + panel * L, state);
              if constexpr (IS_INT8<F>) store(&told_[at], state);
            }
          });
    }
    for (int64_t index = 0; index < rows; ++index) {
      const int64_t row = order_[index], at = place(step, row);
      if (at >= run_.first && at < run_.last)
        std::memcpy(output(at, row), told(next, index), run_.width * sizeof(Given));
    }
  }

  const Given *told(const Number *next, int64_t index) const {  // states as they are put out
    if constexpr (IS_INT8<F>)
      return &told_[index * padded_];
    else
      return next + index * apart_;
  }

  Given *output(int64_t step, int64_t row) const {
    return static_cast<Given *>(run_.outputs) + step * run_.output_step + row * run_.output_row;
  }

  void clear_rest() {
    for (int64_t row = 0; row < run_.rows; ++row)
      for (int64_t step = 0; step < run_.steps; ++step)
        if (step < run_.first || step >= std::min(run_.last, run_.lengths[row]))
          std::memset(output(step, row), 0, run_.width * sizeof(Given));
  }

  const GenoseqRun &run_;
  const int panels_;
  const int64_t padded_, deep_in_, deep_;
  const int64_t apart_;  // from a row's states to the next row's
  int64_t block_;
  const Many<F> weights_in_, weights_;
  const std::vector<float> bias_in_, bias_, scale_in_, scale_;
  std::vector<float> kept_, gates_, told_;
  Many<F> states_[2], inputs_;
  std::vector<int64_t> order_;
#if defined(GENOSEQ_TILES)
  Tiles tiles_;
#endif
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

#if defined(GENOSEQ_INTEGERS)
GENOSEQ_API int32_t genoseq_recurrent_int8(const GenoseqRun *run) { return go<Int8>(*run); }
#endif
}
