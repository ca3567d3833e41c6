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
// Absolute error of either: at most 3e-7; of int8, 0.001.
//
// In int8 inputs and states are unsigned bytes, weights signed ones: sums of products are exact
// integers, in whatever order, so each set of instructions gives the same bits.  A sum becomes the
// argument of a gate by one scale of the gate, to which its bias is added; both are made in
// genoseq/kernels/cpu/integers.py, which is also the twin.
//
// Tiles of AMX take as long for one row as for 16, and what fills them up is any number: products
// of such rows are never looked at.

#include <algorithm>
#include <new>
#include <numeric>
#include <type_traits>
#include <vector>

#include "formats.h"

namespace {

constexpr int BLOCK_BYTES = 131072;  // of gates that wait for their states: they stay in the L2
constexpr float LOG2_E = 1.44269504f;

enum Family : int32_t { RNN, GRU, LSTM };

}  // namespace

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/recurrent.py has the same fields.
struct GenoseqRun {
  const void *inputs;      // (steps, rows, width_in): fp32, bf16, or unsigned bytes of a run of int8
  void *outputs;           // (steps, rows, width), fp32, bf16 or bytes, 0 where there is no state
  const int64_t *lengths;  // (rows,): the first steps of a row are its own
  const void *weight_ih, *weight_hh;  // as PyTorch has them; of int8, signed bytes
  const float *bias_ih, *bias_hh;     // of int8 with the gates' factors and all of bias_hh that adds up
  // Of int8 alone: what a number of either sum stands for, by gate and unit, factors included.
  const float *scale_ih, *scale_hh;
  int64_t input_step, input_row, output_step, output_row;  // strides in numbers
  int64_t steps, rows;
  int64_t first, last;  // states are asked for of first <= step < last
  int32_t width_in, width, family, reverse;
  int32_t as_bytes;  // of int8: states are told as 128 + 127 of them, not in fp32
};
}

namespace {

// Rows and gates that are multiplied together: as many as fill the registers with sums.
#if defined(__AVX2__) && !defined(__AVX512F__) && !defined(__AVXVNNI__)
constexpr int INT8_ROWS = 4;  // what meets in 16 bits takes registers too
#else
constexpr int INT8_ROWS = 6;
#endif
template <class F>
constexpr int BLOCK = IS_INT8<F> ? INT8_ROWS : L == 8 ? 3 : 6;
constexpr int TOGETHER = 4;  // rows whose gates are computed in turn
// Rows of a step that vectors multiply sooner than tiles; only of int8, where both give the same.
[[maybe_unused]] constexpr int FEW = 6;
template <class F>
constexpr int GATES = L == 8 && IS_INT8<F> ? 2 : 4;

int64_t round_up(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

int gates_of(int32_t family) { return family == LSTM ? 4 : family == GRU ? 3 : 1; }

constexpr float SIGMOID = -LOG2_E, TANH = -2.0f * LOG2_E;  // factors of powers

template <class F>
float scale_of(int32_t family, int gate) {
  if (!F::SCALED || IS_INT8<F>) return 1.0f;
  return family == RNN || gate == 2 ? TANH : SIGMOID;
}

template <class F, int W>
GENOSEQ_INLINE Power<W> power(const Rows<W> &sum, float factor) {
  return F::power(F::SCALED ? sum : sum * every(factor));
}

// Memory that begins with a line of the cache: a vector of 64 bytes is then read from one line.
template <class T>
struct Aligned {
  typedef T value_type;
  Aligned() = default;
  template <class Other>
  Aligned(const Aligned<Other> &) {}
  T *allocate(size_t count) {
    return static_cast<T *>(::operator new(count * sizeof(T), std::align_val_t(64)));
  }
  void deallocate(T *at, size_t) { ::operator delete(at, std::align_val_t(64)); }
  friend bool operator==(const Aligned &, const Aligned &) { return true; }
  friend bool operator!=(const Aligned &, const Aligned &) { return false; }
};
template <class T>
using Lines = std::vector<T, Aligned<T>>;

template <class F>
using Many = Lines<typename F::Number>;

// Numbers of a row that are multiplied, with what fills up the last step of the product.
template <class F>
int64_t deep(int64_t depth) {
  return round_up(depth, F::DEPTH * (F::TILES ? TILE_ROWS : F::STEP));
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
Lines<float> packed_bias(const GenoseqRun &run, bool inputs) {
  const int gates = gates_of(run.family);
  Lines<float> out(round_up(run.width, L) * gates, 0.0f);
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

// Scales (gates * width) in panels (panel, gate, lane); 0 of formats without scales.
template <class F>
Lines<float> packed_scale(const GenoseqRun &run, const float *scale) {
  const int gates = gates_of(run.family);
  Lines<float> out(round_up(run.width, L) * gates, 0.0f);
  if (!scale) return out;
  for (int64_t unit = 0; unit < run.width; ++unit)
    for (int gate = 0; gate < gates; ++gate)
      out[(unit / L * gates + gate) * L + unit % L] = scale[gate * int64_t(run.width) + unit];
  return out;
}

// What sums of some rows with a panel's gates begin with.
struct Begin {
  const void *bases;  // (row, gate, lane), `apart` from row to row
  int64_t apart;
  const float *last;  // instead of the last gate's, for all rows, if it is not null

  template <int G>
  const float *base(int row, int gate) const {
    return gate == G - 1 && last ? last : static_cast<const float *>(bases) + row * apart + gate * L;
  }
};

// Sums (M, G, lane), those of gates FIRST to FIRST + C: products of M rows with a panel.  A function
// of its own, so that all sums of a block stay in registers.
template <class F, int G, int FIRST, int C, int M>
__attribute__((noinline)) void multiply(typename F::Sum *sums, const Begin &begin,
                                        const typename F::Number *rows, int64_t rows_apart,
                                        const typename F::Number *panel, int64_t groups) {
  constexpr int64_t group = G * L * F::DEPTH;
  typename F::Sums sum[M][C];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) sum[m][c] = F::begin(begin.base<G>(m, FIRST + c));
  for (int64_t k = 0; k < groups; k += F::STEP) {
    const typename F::Number *weights = panel + k * group + FIRST * L * F::DEPTH;
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      typename F::Numbers row[F::STEP];
#pragma GCC unroll 8
      for (int s = 0; s < F::STEP; ++s)
        row[s] = F::every_lane(rows + m * rows_apart + (k + s) * F::DEPTH);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c)
        sum[m][c] = F::add(sum[m][c], row, weights + c * L * F::DEPTH, group);
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) store(sums + (m * G + FIRST + c) * L, sum[m][c]);
}

// All gates' sums; where registers are few, some gates after the others.
template <class F, int G, int M, int FIRST = 0>
void multiply_gates(typename F::Sum *sums, const Begin &begin, const typename F::Number *rows,
                    int64_t rows_apart, const typename F::Number *panel, int64_t groups) {
  constexpr int C = GATES<F> < G - FIRST ? GATES<F> : G - FIRST;
  multiply<F, G, FIRST, C, M>(sums, begin, rows, rows_apart, panel, groups);
  if constexpr (FIRST + C < G)
    multiply_gates<F, G, M, FIRST + C>(sums, begin, rows, rows_apart, panel, groups);
}

// States of W rows after a step, of as many units as a vector has lanes, from the sums of their
// gates.  `kept` are an LSTM's cells times TANH or a GRU's states, in fp32, `apart` from row to row.
template <class F, int G, int W>
GENOSEQ_INLINE Rows<W> next_states(const typename F::Sum *sums, const typename F::Sum *inputs,
                                   const Terms &terms, float *kept, int64_t apart) {
  const auto sum = [&](int gate) GENOSEQ_ALWAYS {
    return make_rows<W>([&](int row) GENOSEQ_ALWAYS {
      const int64_t at = (row * G + gate) * L;
      return F::of_states(sums + at, terms, gate * L, F::of_inputs(inputs + at, terms, gate * L));
    });
  };
  const auto before = [&]() GENOSEQ_ALWAYS {
    return make_rows<W>([&](int row) GENOSEQ_ALWAYS { return load(kept + row * apart); });
  };
  const auto keep = [&](const Rows<W> &rows) GENOSEQ_ALWAYS {
    give_rows(rows, [&](int row, vf x) GENOSEQ_ALWAYS { store(kept + row * apart, x); });
  };
  if constexpr (G == 4) {
    const Rows<W> input = power<F>(sum(0), SIGMOID).and_one();
    const Rows<W> candidate = power<F>(sum(2), TANH).and_one();
    const Rows<W> both = input * candidate;
    const Rows<W> forget = power<F>(sum(1), SIGMOID).and_one();
    // TANH (1 - 2^t) of the candidate's t.
    const Rows<W> added = fma(candidate, every(-TANH), every(2 * TANH)) * forget;
    const Rows<W> cell = fma(before(), both, added) / (both * forget);
    keep(cell);
    const Rows<W> output = power<F>(sum(3), SIGMOID).and_one();
    const Power<W> shown = F::power(cell);
    return shown.from_one() / (output * shown.and_one());
  } else if constexpr (G == 3) {
    // What a GRU's states add to its third gate is multiplied before the inputs' part is added.
    const Rows<W> third = make_rows<W>([&](int row) GENOSEQ_ALWAYS {
      return F::of_states(sums + (row * G + 2) * L, terms, 2 * L, load(terms.bias_hh));
    });
    const Rows<W> inputs_third = make_rows<W>(
        [&](int row) { return F::of_inputs(inputs + (row * G + 2) * L, terms, 2 * L); });
    const Rows<W> one = make_rows<W>([](int) { return every(1.0f); });
    const Rows<W> reset = one / power<F>(sum(0), SIGMOID).and_one();
    const Power<W> update = power<F>(sum(1), SIGMOID);
    const Power<W> candidate = power<F>(fma(reset, third, inputs_third), TANH);
    const Rows<W> proposed = candidate.from_one() / candidate.and_one();
    const Rows<W> state = fma(update.value(), proposed, before()) / update.and_one();
    keep(state);
    return state;
  } else {
    const Power<W> both = power<F>(sum(0), TANH);
    return both.from_one() / both.and_one();
  }
}

template <class F, int G>
class Direction {
  typedef typename F::Number Number;
  typedef typename F::Sum Sum;
  typedef typename F::Out Out;

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
        kept_(run.rows * padded_, 0.0f),
        to_(run.rows),
        spare_(padded_) {
    for (auto &states : states_)
      states.assign(filled(run.rows) * apart_, Number(IS_INT8<F> ? 128 : 0));
    order_.resize(run.rows);
    std::iota(order_.begin(), order_.end(), int64_t(0));
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int64_t a, int64_t b) { return count(a) > count(b); });
    alike_ = deep_in_ == run.width_in && run.input_row == run.width_in &&
             count(order_.front()) == count(order_.back());
    const int64_t bytes = padded_ * G * 4 * run.rows;
    block_ = std::max<int64_t>(1, std::min<int64_t>(run.steps, BLOCK_BYTES / bytes));
    inputs_.assign(filled(block_ * run.rows) * deep_in_, Number(0));
    gates_.resize(filled(block_ * run.rows) * padded_ * G);
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
  static int64_t filled(int64_t rows) { return F::TILES ? round_up(rows, TILE_ROWS) : rows; }

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
    for (int64_t step = first; step < last; ++step) {
      const int64_t rows = active(step), together = alike_ && rows ? rows : 1;
      for (int64_t index = 0; index < rows; index += together, count += together) {
        const int64_t row = order_[index];
        const auto *from = static_cast<const typename F::In *>(run_.inputs) +
                           place(step, row) * run_.input_step + row * run_.input_row;
        std::memcpy(&inputs_[count * deep_in_], from, together * run_.width_in * sizeof(*from));
      }
    }
    return count;
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

  Terms terms(int panel) const {
    const int64_t at = panel * G * L;
    return {&bias_in_[at], &bias_[at + (G - 1) * L], &scale_in_[at], &scale_[at]};
  }

  void read_inputs(int64_t count) {  // what inputs add to gates (panel, input, gate, lane)
    for (int panel = 0; panel < panels_; ++panel) {
      Sum *gates = &gates_[panel * filled(count) * G * L];
      const Number *weights = &weights_in_[panel * deep_in_ * G * L];
#if defined(GENOSEQ_TILES)
      if constexpr (F::TILES) {
        for (int64_t row = 0; row < count; row += TILE_ROWS)
          tiles_.multiply<IS_INT8<F>, G>(gates + row * G * L, &inputs_[row * deep_in_], deep_in_,
                                         weights, deep_in_ / F::DEPTH);
        continue;
      }
#endif
      const Begin begin = {&bias_in_[panel * G * L], 0, nullptr};
      in_blocks(count, [&](auto constant, int64_t row) {
        multiply_gates<F, G, decltype(constant)::value>(gates + row * G * L, begin,
                                                        &inputs_[row * deep_in_], deep_in_, weights,
                                                        deep_in_ / F::DEPTH);
      });
    }
  }

  void advance(int64_t step, int64_t rows, int64_t before, int64_t count) {
    for (int64_t index = 0; index < rows; ++index) {
      const int64_t row = order_[index], at = place(step, row);
      to_[index] = at >= run_.first && at < run_.last ? output(at, row) : spare_.data();
    }
    const Number *states = states_[step % 2].data();
    Number *next = states_[(step + 1) % 2].data();
    const Sum *inputs = &gates_[before * G * L];
    const int64_t apart = filled(count) * G * L;  // from a panel's sums to the next one's
#if defined(GENOSEQ_TILES)
    if constexpr (F::TILES)
      if (!IS_INT8<F> || rows > FEW) return advance_by_tiles(rows, states, next, inputs, apart);
#endif
    Sum sums[BLOCK<F> * G * L];
    for (int panel = 0; panel < panels_; ++panel, inputs += apart)
      in_blocks(rows, [&](auto constant, int64_t row) {
        constexpr int M = decltype(constant)::value;
        const Sum *own = inputs + row * G * L;
        const Begin begin = {own, G * L, G == 3 ? terms(panel).bias_hh : nullptr};
        multiply_gates<F, G, M>(sums, begin, states + row * apart_, apart_,
                                &weights_[panel * deep_ * G * L], deep_ / F::DEPTH);
        finish(panel, row, M, sums, own, next);
      });
  }

#if defined(GENOSEQ_TILES)
  void advance_by_tiles(int64_t rows, const Number *states, Number *next, const Sum *inputs,
                        int64_t apart) {
    alignas(64) Sum sums[2][TILE_ROWS * G * L];
    const auto multiply = [&](int turn, int panel, int64_t row) {
      tiles_.multiply<IS_INT8<F>, G>(sums[turn], states + row * apart_, apart_,
                                     &weights_[panel * deep_ * G * L], deep_ / F::DEPTH);
    };
    int turn = 0;
    multiply(turn, 0, 0);
    for (int panel = 0; panel < panels_; ++panel, inputs += apart)
      for (int64_t row = 0; row < rows; row += TILE_ROWS, turn ^= 1) {
        // The next sums are under way while gates are computed.
        if (row + TILE_ROWS < rows)
          multiply(turn ^ 1, panel, row + TILE_ROWS);
        else if (panel + 1 < panels_)
          multiply(turn ^ 1, panel + 1, 0);
        finish(panel, row, std::min<int64_t>(TILE_ROWS, rows - row), sums[turn],
               inputs + row * G * L, next);
      }
  }
#endif

  // States of rows after a step, of a panel's units.
  void finish(int panel, int64_t first, int64_t rows, const Sum *sums, const Sum *inputs,
              Number *next) {
    int64_t row = first;
    for (; row + TOGETHER <= first + rows; row += TOGETHER)
      finish_rows<TOGETHER>(panel, row, sums + (row - first) * G * L, inputs + (row - first) * G * L,
                            next);
    for (; row < first + rows; ++row)
      finish_rows<1>(panel, row, sums + (row - first) * G * L, inputs + (row - first) * G * L, next);
  }

  template <int W>
  void finish_rows(int panel, int64_t first, const Sum *sums, const Sum *inputs, Number *next) {
    const int64_t unit = panel * L;
    const int units = int(std::min<int64_t>(L, run_.width - unit));
    const Rows<W> state = next_states<F, G, W>(sums, inputs, terms(panel),
                                               &kept_[first * padded_ + unit], padded_);
    give_rows(state, [&](int row, vf x) GENOSEQ_ALWAYS {
      F::give(next + (first + row) * apart_ + unit, x);
      F::put(to_[first + row] + unit, x, units);
    });
  }

  Out *output(int64_t step, int64_t row) const {
    return static_cast<Out *>(run_.outputs) + step * run_.output_step + row * run_.output_row;
  }

  void clear_rest() {
    for (int64_t row = 0; row < run_.rows; ++row)
      for (int64_t step = 0; step < run_.steps; ++step)
        if (step < run_.first || step >= std::min(run_.last, run_.lengths[row]))
          std::memset(output(step, row), 0, run_.width * sizeof(Out));
  }

  const GenoseqRun &run_;
  const int panels_;
  const int64_t padded_, deep_in_, deep_;
  const int64_t apart_;  // from a row's states to the next row's
  int64_t block_;
  bool alike_;  // whether all rows of a step can be copied at once
  const Many<F> weights_in_, weights_;
  const Lines<float> bias_in_, bias_, scale_in_, scale_;
  Lines<float> kept_;
  Lines<Sum> gates_;
  Many<F> states_[2], inputs_;
  std::vector<Out *> to_;  // where a row's next states are put out
  Lines<Out> spare_;       // for those that nobody asked for
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
// Numbers (count, width) as unsigned bytes: round(x * scale + zero), cut off at 0 and 255.
GENOSEQ_API void genoseq_bytes_fp32(const float *numbers, uint8_t *bytes, const float *scale,
                                    const float *zero, int64_t count, int32_t width) {
  for (; count > 0; --count, numbers += width, bytes += width)
    for (int k = 0; k < width; k += L) {
      const int some = std::min(L, width - k);
      const vf x = fma(load_some(numbers + k, some), load_some(scale + k, some),
                       load_some(zero + k, some));
      uint8_t lanes[L];
      store_bytes(some == L ? bytes + k : lanes, least(every(255.0f), x));
      if (some < L) std::memcpy(bytes + k, lanes, size_t(some));
    }
}

GENOSEQ_API int32_t genoseq_recurrent_int8(const GenoseqRun *run) {
  return run->as_bytes ? go<Int8<uint8_t>>(*run) : go<Int8<float>>(*run);
}
#endif
}
