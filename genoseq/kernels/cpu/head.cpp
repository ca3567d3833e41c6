// What is told of bases from hidden states by a linear head: products with its weights, then if
// wanted probabilities of classes, each state's numbers side by side along its row.
//
// A few steps of a row are done at a time, so that what lies between stays in the cache.  Every sum
// is made in the order of the hidden states' numbers: neither other steps nor other rows change it.

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
                         // bf16 (width / 2, wide, 2)
  const float *bias;     // (wide)
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

// Number formats: DEPTH numbers are multiplied with one weight each and added to a sum.
struct Fp32 {
  using Number = float;
  static constexpr int DEPTH = 1;
  using Numbers = vf;
  static Numbers every_lane(const Number *from) { return every(*from); }
  static Numbers weights(const Number *from) { return load(from); }
  static vf add(vf sum, Numbers a, Numbers b) { return fma(a, b, sum); }
};

#if defined(__AVX512BF16__)
struct Bf16 {
  using Number = uint16_t;
  static constexpr int DEPTH = 2;
  using Numbers = __m512i;
  static Numbers every_lane(const Number *from) {
    int32_t both;
    std::memcpy(&both, from, 4);
    return _mm512_set1_epi32(both);
  }
  static Numbers weights(const Number *from) { return _mm512_loadu_si512(from); }
  static vf add(vf sum, Numbers a, Numbers b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
  }
};
#endif

// Sums (C, V, lane), `wide` apart: products of C vectors of hidden states with the weights of V
// vectors of outputs.  A function of its own, so that all sums stay in registers.
template <class F, int C, int V>
__attribute__((noinline)) void multiply(float *sums, const typename F::Number *hidden,
                                        const typename F::Number *weights, const float *bias,
                                        int64_t wide, int64_t width) {
  vf found[C][V];
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) found[c][v] = load(bias + v * L);
  for (int64_t in = 0; in < width; in += F::DEPTH) {
    typename F::Numbers weight[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) weight[v] = F::weights(weights + in * wide + v * L * F::DEPTH);
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
    for (int v = 0; v < V; ++v) store(sums + c * wide + v * L, found[c][v]);
}

template <class F, int V>
void multiply_all(float *sums, const GenoseqHead &run, const typename F::Number *hidden,
                  int64_t count, int64_t lane) {
  const auto *weights = static_cast<const typename F::Number *>(run.weights) + lane * F::DEPTH;
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
    const int64_t outputs = int64_t(run.bases) * run.states;
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
// The same of bf16, in tiles: of all vectors or none, for they round otherwise.
struct TileProducts {
  Tiles tiles;
  std::vector<uint16_t> rest;  // the last vectors, filled up to a tile
  std::vector<float> rest_sums;

  static bool suits(const GenoseqHead &run) {
    return run.width % (2 * TILE_ROWS) == 0 && run.wide <= 4 * L;
  }

  void operator()(float *sums, const GenoseqHead &run, const uint16_t *hidden, int64_t count) {
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
  void multiply(float *sums, const GenoseqHead &run, const uint16_t *hidden) const {
    const auto *weights = static_cast<const uint16_t *>(run.weights);
    switch (run.wide / L) {
      case 1: tiles.multiply<false, 1>(sums, hidden, run.width, weights, run.width / 2); break;
      case 2: tiles.multiply<false, 2>(sums, hidden, run.width, weights, run.width / 2); break;
      case 3: tiles.multiply<false, 3>(sums, hidden, run.width, weights, run.width / 2); break;
      default: tiles.multiply<false, 4>(sums, hidden, run.width, weights, run.width / 2);
    }
    for (float *end = sums + TILE_ROWS * run.wide; sums < end; sums += run.wide)
      for (int lane = 0; lane < run.wide; lane += L)
        store(sums + lane, load(sums + lane) + load(run.bias + lane));
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

template <class Number, class Multiply>
void tell(const GenoseqHead &run, Multiply &&all_products) {
  const int64_t side = STEPS * run.bases;
  std::vector<float> sums(size_t(STEPS * ROWS * run.wide)), logits(size_t(side * run.states));
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

template <class Number, class Multiply>
int32_t go(const GenoseqHead &run, Multiply &&all_products) {
  try {
    tell<Number>(run, all_products);
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {

// 0, or 1 if there is no memory left.
GENOSEQ_API int32_t genoseq_head_fp32(const GenoseqHead *run) {
  return go<float>(*run, Products<Fp32>());
}

#if defined(__AVX512BF16__)
GENOSEQ_API int32_t genoseq_head_bf16(const GenoseqHead *run) {
#if defined(GENOSEQ_TILES)
  if (TileProducts::suits(*run)) return go<uint16_t>(*run, TileProducts());
#endif
  return go<uint16_t>(*run, Products<Bf16>());
}
#endif
}
