// Number formats in which the recurrent kernels multiply.
//
// Number is what is multiplied, STEP groups of DEPTH of them at a time; Weight is what PyTorch's
// weights are, In and Out what inputs and states are in memory.  Sums are told as they come out of
// the products: `of_inputs` and `of_states` make gates' arguments of them.
#pragma once

#include <cstdint>
#include <cstring>

#include "rows.h"
#include "tiles.h"
#include "vectors.h"

namespace {

constexpr int L = GENOSEQ_LANES;

[[maybe_unused]] uint16_t to_bf16(float x) {  // to the nearest, ties to even
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fc0;
  return uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

[[maybe_unused]] int32_t four_bytes(const void *from) {
  int32_t bytes;
  std::memcpy(&bytes, from, 4);
  return bytes;
}

// What sums of a panel become arguments with, each (gate, lane).
struct Terms {
  const float *bias;                  // of both products
  const float *bias_hh;               // of states alone: of a GRU's third gate
  const float *scale_ih, *scale_hh;  // of int8
};

struct Fp32 {
  typedef float Number, Weight, In, Out, Sum;
  typedef vf Numbers, Sums;
  static constexpr int DEPTH = 1, STEP = 1;
  static constexpr bool SCALED = true;  // whether weights hold the factors of gates
  static constexpr bool TILES = false;
  static float packed(Weight x, float factor) { return x * factor; }
  static Numbers every_lane(const Number *from) { return every(*from); }
  static Sums begin(const float *base) { return load(base); }
  static Sums add(Sums sum, const Numbers *row, const Number *weights, int64_t) {
    return fma(row[0], load(weights), sum);
  }
  // A sum begins with the bias, and that of states with what inputs add up to.
  static vf of_inputs(const Sum *sum, const Terms &, int64_t) { return load(sum); }
  static vf of_states(const Sum *sum, const Terms &, int64_t, vf) { return load(sum); }
  template <int W>
  GENOSEQ_INLINE Power<W> power(const Rows<W> &x) {
    return power_exactly(x);
  }
  static void give(Number *to, vf x) { store(to, x); }
  static void put(Out *to, vf x, int count) { store_some(to, x, count); }
};

#if defined(__AVX512BF16__)
struct Bf16 {
  typedef uint16_t Number, In, Out;
  typedef float Weight, Sum;
  typedef __m512bh Numbers;
  typedef vf Sums;
  static constexpr int DEPTH = 2, STEP = 1;
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
  static Sums begin(const float *base) { return load(base); }
  static Sums add(Sums sum, const Numbers *row, const Number *weights, int64_t) {
    return _mm512_dpbf16_ps(sum, row[0], (__m512bh)_mm512_loadu_si512(weights));
  }
  // Sums of tiles begin with 0.
  static vf of_inputs(const Sum *sum, const Terms &terms, int64_t at) {
    return TILES ? load(sum) + load(terms.bias + at) : load(sum);
  }
  static vf of_states(const Sum *sum, const Terms &, int64_t, vf base) {
    return TILES ? load(sum) + base : load(sum);
  }
  template <int W>
  GENOSEQ_INLINE Power<W> power(const Rows<W> &x) {
    return power_exactly(x);
  }
  static void give(Number *to, vf x) { store_bf16(to, x); }
  static void put(Out *to, vf x, int count) {
    Out lanes[L];
    if (count == L) return store_bf16(to, x);
    store_bf16(lanes, x);
    std::memcpy(to, lanes, sizeof(Out) * size_t(count));
  }
};
#endif

#if defined(GENOSEQ_INTEGERS)
// States are told in fp32, or as the bytes that are multiplied.
template <class Told>
struct Int8 {
  typedef uint8_t Number, In;
  typedef int8_t Weight;
  typedef Told Out;
  typedef int32_t Sum;
  typedef vi Numbers, Sums;
  static constexpr int DEPTH = 4, STEP = 2;
  static constexpr bool SCALED = true;
#if defined(GENOSEQ_TILES)
  static constexpr bool TILES = true;
#else
  static constexpr bool TILES = false;
#endif
  static Number packed(Weight x, float) { return Number(x); }
  static Numbers every_lane(const Number *from) { return every_four(four_bytes(from)); }
  static Sums begin(const float *) { return no_sum(); }
  static Sums add(Sums sum, const Numbers *row, const Number *weights, int64_t apart) {
    return add_products(sum, row[0], row[1], load_bytes(weights), load_bytes(weights + apart));
  }
  static vf of_inputs(const Sum *sum, const Terms &terms, int64_t at) {
    return fma(as_floats(load(sum)), load(terms.scale_ih + at), load(terms.bias + at));
  }
  static vf of_states(const Sum *sum, const Terms &terms, int64_t at, vf base) {
    return fma(as_floats(load(sum)), load(terms.scale_hh + at), base);
  }
  template <int W>
  GENOSEQ_INLINE Power<W> power(const Rows<W> &x) {
    return power_nearly(x);
  }
  // States are -127 to 127, 128 added; with 1.5 * 2^23 the nearest whole number is in the lowest bits.
  static void give(Number *to, vf x) {
    store_lowest_bytes(to, fma(x, every(127.0f), every(12583040.0f)));
  }
  static void put(float *to, vf x, int count) { store_some(to, x, count); }
  static void put(uint8_t *to, vf x, int count) {
    if (count == L) return give(to, x);
    uint8_t lanes[L];
    give(lanes, x);
    std::memcpy(to, lanes, size_t(count));
  }
};
#endif

template <class F>
constexpr bool IS_INT8 = sizeof(typename F::Number) == 1;

}  // namespace
