// What is told of bases from hidden states by a linear head: products with its weights, then if
// wanted probabilities of classes, each state's numbers side by side along its row.
//
// A few steps of a row are done at a time, so that what lies between stays in the cache.  Every sum
// is made in the order of the hidden states' numbers: neither other steps nor other rows change it.
//
// In int8 hidden states are unsigned bytes.  Each weight is two signed ones, a coarse and a fine part,
// of which one alone would move the class of more bases than all else in int8 does.  Sums are exact.

#include <algorithm>
#include <new>
#include <vector>

#include "tiles.h"
#include "vectors.h"

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/head.py has the same fields.
struct GenoseqHead {
  const void *hidden;    // (steps, rows, width)
  const void *weights;   // (width, wide): output `base * states + state` of `wide`, the rest 0; of
                         // bf16 (width / 2, wide, 2); of int8 (width / 4, wide, 4), the fine parts
                         // of all outputs behind the coarse ones
  const float *bias;     // (wide)
  const float *scale;    // (2, wide), of int8: what 1 of a sum of coarse or of fine parts stands for
  float *outputs;        // (states, rows, steps * bases), as far apart as is said
  int64_t output_state, output_row, steps, rows;
  int32_t width, wide, bases, states, softmax;
};
}

namespace {

constexpr int L = GENOSEQ_LANES;
constexpr int64_t STEPS = 16, ROWS = 16;  // of a block at most, which stays in the cache
constexpr int M = L == 16 ? 8 : 4;        // vectors of hidden states, and
constexpr int MOST = 3;                   // vectors of outputs, whose sums are in registers

// Number formats: DEPTH numbers are multiplied with one weight each and added to a sum, LANE of
// these weights lie side by side.  Sums lie in memory of floats, whatever they are.
struct Fp32 {
  using Number = float;
  static constexpr int DEPTH = 1, LANE = 1, PARTS = 1;
  using Numbers = vf;
  using Sums = vf;
  static Numbers every_lane(const Number *from) { return every(*from); }
  static Numbers weights(const Number *from, int64_t) { return load(from); }
  static Sums begin(const float *bias) { return load(bias); }
  static Sums add(Sums sum, Numbers a, Numbers b) { return fma(a, b, sum); }
  static void end(float *to, Sums sum) { store(to, sum); }
};

#if defined(__AVX512BF16__)
struct Bf16 {
  using Number = uint16_t;
  static constexpr int DEPTH = 2, LANE = 2, PARTS = 1;
  using Numbers = __m512i;
  using Sums = vf;
  static Numbers every_lane(const Number *from) {
    int32_t both;
    std::memcpy(&both, from, 4);
    return _mm512_set1_epi32(both);
  }
  static Numbers weights(const Number *from, int64_t) { return _mm512_loadu_si512(from); }
  static Sums begin(const float *bias) { return load(bias); }
  static Sums add(Sums sum, Numbers a, Numbers b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
  }
  static void end(float *to, Sums sum) { store(to, sum); }
};
#endif

#if defined(GENOSEQ_INTEGERS)
struct Int8 {
  using Number = uint8_t;
  static constexpr int DEPTH = 8, LANE = 4, PARTS = 2;
  struct Numbers {
    vi first, second;  // four of a sum each
  };
  using Sums = vi;
  static Numbers every_lane(const Number *from) {
    int32_t bytes[2];
    std::memcpy(bytes, from, 8);
    return {every_four(bytes[0]), every_four(bytes[1])};
  }
  static Numbers weights(const Number *from, int64_t wide) {
    return {load_bytes(from), load_bytes(from + 4 * wide)};
  }
  static Sums begin(const float *) { return no_sum(); }
  static Sums add(Sums sum, Numbers a, Numbers b) {
    return add_products(sum, a.first, a.second, b.first, b.second);
  }
  static void end(float *to, Sums sum) { store(reinterpret_cast<int32_t *>(to), sum); }
};

// Logits in the place of sums (count, wide); a vector more is read.
void scale_sums(float *sums, const GenoseqHead &run, int64_t count) {
  const int64_t outputs = int64_t(run.bases) * run.states;
  for (; count > 0; --count, sums += run.wide)
    for (int64_t lane = 0; lane < outputs; lane += L) {
      const auto *coarse = reinterpret_cast<const int32_t *>(sums) + lane, *fine = coarse + outputs;
      const float *scale = run.scale + lane;
      const vf base = fma(as_floats(load(fine)), load(scale + run.wide), load(run.bias + lane));
      store(sums + lane, fma(as_floats(load(coarse)), load(scale), base));
    }
}
#endif

// Sums (C, V, lane), `wide` apart: products of C vectors of hidden states with the weights of V
// vectors of outputs.  A function of its own, so that all sums stay in registers.
template <class F, int C, int V>
__attribute__((noinline)) void multiply(float *sums, const typename F::Number *hidden,
                                        const typename F::Number *weights, const float *bias,
                                        int64_t wide, int64_t width) {
  typename F::Sums found[C][V];
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) found[c][v] = F::begin(bias + v * L);
  for (int64_t in = 0; in < width; in += F::DEPTH) {
    typename F::Numbers weight[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v)
      weight[v] = F::weights(weights + in * wide + v * L * F::LANE, wide);
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      const typename F::Numbers state = F::every_lane(hidden + c * width + in);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) found[c][v] = F::add(found[c][v], state, weight[v]);
    }
  }
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) F::end(sums + c * wide + v * L, found[c][v]);
}

template <class F, int V>
void multiply_all(float *sums, const GenoseqHead &run, const typename F::Number *hidden,
                  int64_t count, int64_t lane) {
  const auto *weights = static_cast<const typename F::Number *>(run.weights) + lane * F::LANE;
  const float *bias = run.bias + lane;
  int64_t c = 0;
  for (; c + M <= count; c += M)
    multiply<F, M, V>(sums + c * run.wide + lane, hidden + c * run.width, weights, bias, run.wide,
                      run.width);
  for (; c < count; ++c)
    multiply<F, 1, V>(sums + c * run.wide + lane, hidden + c * run.width, weights, bias, run.wide,
                      run.width);
}

// Sums (count, wide) of vectors of hidden states that follow one another.
template <class F>
struct Products {
  void operator()(float *sums, const GenoseqHead &run, const typename F::Number *hidden,
                  int64_t count) {
    const int64_t outputs = F::PARTS * int64_t(run.bases) * run.states;
    for (int64_t lane = 0; lane < outputs; lane += MOST * L) {
      const int64_t left = (outputs - lane + L - 1) / L;
      if (left >= MOST)
        multiply_all<F, MOST>(sums, run, hidden, count, lane);
      else if (left == 2)
        multiply_all<F, 2>(sums, run, hidden, count, lane);
      else
        multiply_all<F, 1>(sums, run, hidden, count, lane);
    }
  }
};

#if defined(GENOSEQ_TILES)
// The same of bf16 or int8, in tiles: of all vectors or none, for bf16 is rounded otherwise.
template <class F>
struct TileProducts {
  using Number = typename F::Number;
  Tiles tiles;
  std::vector<Number> rest;  // the last vectors, filled up to a tile
  std::vector<float> rest_sums;

  static bool suits(const GenoseqHead &run) {
    return run.width % (F::LANE * TILE_ROWS) == 0 && run.wide <= 4 * L;
  }

  void operator()(float *sums, const GenoseqHead &run, const Number *hidden, int64_t count) {
    const int64_t whole = count / TILE_ROWS * TILE_ROWS, left = count - whole;
    for (int64_t c = 0; c < whole; c += TILE_ROWS)
      multiply(sums + c * run.wide, run, hidden + c * run.width);
    if (left == 0) return;
    rest.resize(TILE_ROWS * run.width);
    rest_sums.resize(TILE_ROWS * run.wide);
    std::copy_n(hidden + whole * run.width, left * run.width, rest.data());
    multiply(rest_sums.data(), run, rest.data());
    std::copy_n(rest_sums.data(), left * run.wide, sums + whole * run.wide);
  }

  // Of 16 vectors.
  void multiply(float *sums, const GenoseqHead &run, const Number *hidden) const {
    switch (run.wide / L) {
      case 1: multiply<1>(sums, run, hidden); break;
      case 2: multiply<2>(sums, run, hidden); break;
      case 3: multiply<3>(sums, run, hidden); break;
      default: multiply<4>(sums, run, hidden);
    }
    if constexpr (F::PARTS == 1)
      for (float *end = sums + TILE_ROWS * run.wide; sums < end; sums += run.wide)
        for (int lane = 0; lane < run.wide; lane += L)
          store(sums + lane, load(sums + lane) + load(run.bias + lane));
  }

  template <int V>
  void multiply(float *sums, const GenoseqHead &run, const Number *hidden) const {
    tiles.multiply<F::PARTS == 2, V>(sums, hidden, run.width,
                                     static_cast<const Number *>(run.weights), run.width / F::LANE);
  }
};
#endif

// Probabilities in the place of logits (states, bases), `apart` from state to state.
inline void softmax(float *logits, int64_t states, int64_t bases, int64_t apart) {
  for (int64_t base = 0; base < bases; base += L) {
    float *own = logits + base;
    vf top = load(own);
    for (int64_t state = 1; state < states; ++state) top = most(top, load(own + state * apart));
    vf sum = every(0.0f);
    for (int64_t state = 0; state < states; ++state) {
      const vf below = (load(own + state * apart) - top) * every(1.44269504f);
      const vf power = power_of_two_within(most(every(-126.0f), below));
      sum = sum + power;
      store(own + state * apart, power);
    }
    const vf share = every(1.0f) / sum;
    for (int64_t state = 0; state < states; ++state)
      store(own + state * apart, load(own + state * apart) * share);
  }
}

template <class F, class Multiply>
void tell(const GenoseqHead &run, Multiply &&all_products) {
  using Number = typename F::Number;
  const int64_t side = STEPS * run.bases;
  std::vector<float> sums(size_t(STEPS * ROWS * run.wide + L)), logits(size_t(side * run.states));
  for (int64_t first = 0; first < run.steps; first += STEPS)
    for (int64_t from = 0; from < run.rows; from += ROWS) {
      const int64_t steps = std::min(run.steps - first, STEPS);
      const int64_t rows = std::min(run.rows - from, ROWS);
      const auto *hidden = static_cast<const Number *>(run.hidden) +
                           (first * run.rows + from) * run.width;
      if (rows == run.rows)
        all_products(sums.data(), run, hidden, steps * rows);
      else
        for (int64_t step = 0; step < steps; ++step)
          all_products(sums.data() + step * rows * run.wide, run,
                       hidden + step * run.rows * run.width, rows);
      if constexpr (F::PARTS == 2) scale_sums(sums.data(), run, steps * rows);
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t step = 0; step < steps; ++step)
          for (int64_t base = 0; base < run.bases; ++base) {
            const float *own = sums.data() + (step * rows + row) * run.wide + base * run.states;
            float *to = logits.data() + step * run.bases + base;
            for (int64_t state = 0; state < run.states; ++state) to[state * side] = own[state];
          }
        const int64_t bases = steps * run.bases;
        if (run.softmax) softmax(logits.data(), run.states, bases, side);
        float *to = run.outputs + (from + row) * run.output_row + first * run.bases;
        for (int64_t state = 0; state < run.states; ++state)
          std::memcpy(to + state * run.output_state, logits.data() + state * side,
                      sizeof(float) * size_t(bases));
      }
    }
}

template <class F>
int32_t go(const GenoseqHead &run) {
  try {
#if defined(GENOSEQ_TILES)
    if constexpr (F::LANE > 1)
      if (TileProducts<F>::suits(run)) {
        tell<F>(run, TileProducts<F>());
        return 0;
      }
#endif
    tell<F>(run, Products<F>());
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {

// 0, or 1 if there is no memory left.
GENOSEQ_API int32_t genoseq_head_fp32(const GenoseqHead *run) { return go<Fp32>(*run); }

#if defined(__AVX512BF16__)
GENOSEQ_API int32_t genoseq_head_bf16(const GenoseqHead *run) { return go<Bf16>(*run); }
#endif

#if defined(GENOSEQ_INTEGERS)
GENOSEQ_API int32_t genoseq_head_int8(const GenoseqHead *run) { return go<Int8>(*run); }
#endif
}
