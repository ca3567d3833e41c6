// Vectors of floats of one instruction set, and the few operations that the kernels need.
//
// The set is that which the compiler was told of.  Every operation rounds as IEEE 754 says, so a
// number is the same whichever set computed it; only bf16 products are an instruction's own.
#pragma once

#include <cstdint>
#include <cstring>

#define GENOSEQ_API __attribute__((visibility("default")))

[[maybe_unused]] static inline int32_t four_bytes(const void *from) {
  int32_t bytes;
  std::memcpy(&bytes, from, 4);
  return bytes;
}

#if defined(__AVX512F__)
#include <immintrin.h>
#define GENOSEQ_LANES 16
typedef __m512 vf;
static inline vf load(const float *from) { return _mm512_loadu_ps(from); }
static inline void store(float *to, vf x) { _mm512_storeu_ps(to, x); }
static inline vf every(float x) { return _mm512_set1_ps(x); }
static inline vf fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf less(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
// The second operand is what comes out where one is NaN.
static inline vf least(vf limit, vf x) { return _mm512_min_ps(limit, x); }
static inline vf most(vf limit, vf x) { return _mm512_max_ps(limit, x); }
static inline vf shift_to_exponent(vf x) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(x), 23));
}
// Cut off at the limit and at -limit; no NaN.
static inline vf within(vf limit, vf x) { return _mm512_range_ps(x, limit, 2); }
#define GENOSEQ_INTEGERS
typedef __m512i vi;  // of 32 bits, or four of 8 bits in the place of each
static inline vi load_bytes(const uint8_t *from) { return _mm512_loadu_si512(from); }
static inline vi no_sum() { return _mm512_setzero_si512(); }
static inline vi load(const int32_t *from) { return _mm512_loadu_si512(from); }
static inline void store(int32_t *to, vi x) { _mm512_storeu_si512(to, x); }
static inline vf as_floats(vi x) { return _mm512_cvtepi32_ps(x); }
struct vrow {
  vi first, second;
};
static inline vrow eight_bytes(const uint8_t *from) {
  return {_mm512_set1_epi32(four_bytes(from)), _mm512_set1_epi32(four_bytes(from + 4))};
}
// Adds eight products to each sum, see below.
static inline vi add_products(vi sum, vrow row, vi first, vi second) {
#if defined(__AVX512VNNI__)
  return _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sum, row.first, first), row.second, second);
#else
  const vi pairs = _mm512_add_epi16(_mm512_maddubs_epi16(row.first, first),
                                    _mm512_maddubs_epi16(row.second, second));
  return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#endif
}
static inline void store_bytes(uint8_t *to, vf x) {
  const vi rounded = _mm512_max_epi32(_mm512_cvtps_epi32(x), _mm512_setzero_si512());
  _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(rounded));
}
// The lowest byte of each lane.
static inline void store_lowest_bytes(uint8_t *to, vf x) {
  _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(_mm512_castps_si512(x)));
}
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define GENOSEQ_LANES 8
typedef __m256 vf;
static inline vf load(const float *from) { return _mm256_loadu_ps(from); }
static inline void store(float *to, vf x) { _mm256_storeu_ps(to, x); }
static inline vf every(float x) { return _mm256_set1_ps(x); }
static inline vf fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf less(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }  // c - a b
static inline vf least(vf limit, vf x) { return _mm256_min_ps(limit, x); }
static inline vf most(vf limit, vf x) { return _mm256_max_ps(limit, x); }
static inline vf shift_to_exponent(vf x) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(x), 23));
}
// Cut off at the limit and at -limit; no NaN.
static inline vf within(vf limit, vf x) { return most(-limit, least(limit, x)); }
#define GENOSEQ_INTEGERS
typedef __m256i vi;  // of 32 bits, or four of 8 bits in the place of each
static inline vi load_bytes(const uint8_t *from) { return _mm256_loadu_si256((const vi *)from); }
static inline vi no_sum() { return _mm256_setzero_si256(); }
static inline vi load(const int32_t *from) { return _mm256_loadu_si256((const vi *)from); }
static inline void store(int32_t *to, vi x) { _mm256_storeu_si256((vi *)to, x); }
static inline vf as_floats(vi x) { return _mm256_cvtepi32_ps(x); }
struct vrow {  // eight bytes of a row, the same four in every place
  vi first, second;
};
static inline vrow eight_bytes(const uint8_t *from) {
  return {_mm256_set1_epi32(four_bytes(from)), _mm256_set1_epi32(four_bytes(from + 4))};
}
// Adds eight products to each sum, of a row's bytes with the signed bytes of two vectors.  Without
// VNNI four of them meet in 16 bits, two of each vector, where they would be cut off: whoever makes
// the weights keeps those of either sign to 128 together (255 * 128 < 2^15).
static inline vi add_products(vi sum, vrow row, vi first, vi second) {
#if defined(__AVXVNNI__)
  return _mm256_dpbusd_avx_epi32(_mm256_dpbusd_avx_epi32(sum, row.first, first), row.second, second);
#else
  const vi pairs = _mm256_add_epi16(_mm256_maddubs_epi16(row.first, first),
                                    _mm256_maddubs_epi16(row.second, second));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
}
// To the nearest, ties to even; what is outside 0 to 255 is the limit.
static inline void store_bytes(uint8_t *to, vf x) {
  const vi rounded = _mm256_cvtps_epi32(x);
  const __m128i low = _mm256_castsi256_si128(rounded), high = _mm256_extracti128_si256(rounded, 1);
  const __m128i words = _mm_packs_epi32(low, high);
  _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(words, words));
}
// The lowest byte of each lane.
static inline void store_lowest_bytes(uint8_t *to, vf x) {
  const vi order = _mm256_set1_epi32(0x0c080400);  // of each half's four, in every place
  const vi bytes = _mm256_shuffle_epi8(_mm256_castps_si256(x), order);
  _mm_storel_epi64((__m128i *)to, _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes),
                                                     _mm256_extracti128_si256(bytes, 1)));
}
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define GENOSEQ_LANES 4
typedef float32x4_t vf;
static inline vf load(const float *from) { return vld1q_f32(from); }
static inline void store(float *to, vf x) { vst1q_f32(to, x); }
static inline vf every(float x) { return vdupq_n_f32(x); }
static inline vf fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
static inline vf less(vf a, vf b, vf c) { return vfmsq_f32(c, a, b); }  // c - a b
static inline vf least(vf limit, vf x) { return vminq_f32(limit, x); }
static inline vf most(vf limit, vf x) { return vmaxq_f32(limit, x); }
static inline vf shift_to_exponent(vf x) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(x), 23));
}
// Cut off at the limit and at -limit; no NaN.
static inline vf within(vf limit, vf x) { return most(-limit, least(limit, x)); }
#define GENOSEQ_INTEGERS
typedef int32x4_t vi;  // of 32 bits, or four of 8 bits in the place of each
static inline vi load_bytes(const uint8_t *from) { return vreinterpretq_s32_u8(vld1q_u8(from)); }
static inline vi no_sum() { return vdupq_n_s32(0); }
static inline vi load(const int32_t *from) { return vld1q_s32(from); }
static inline void store(int32_t *to, vi x) { vst1q_s32(to, x); }
static inline vf as_floats(vi x) { return vcvtq_f32_s32(x); }
#if defined(__ARM_FEATURE_MATMUL_INT8)
typedef uint8x8_t vrow;
static inline vrow eight_bytes(const uint8_t *from) { return vld1_u8(from); }
static inline vi add_products(vi sum, vrow row, vi first, vi second) {
  sum = vsudotq_lane_s32(sum, vreinterpretq_s8_s32(first), row, 0);
  return vsudotq_lane_s32(sum, vreinterpretq_s8_s32(second), row, 1);
}
#else
// Bytes with a sign are all that is multiplied here.
#define GENOSEQ_LOWERED 128
typedef int8x8_t vrow;
static inline vrow eight_bytes(const uint8_t *from) {
  return vreinterpret_s8_u8(veor_u8(vld1_u8(from), vdup_n_u8(128)));
}
static inline vi add_products(vi sum, vrow row, vi first, vi second) {
  const int8x16_t a = vreinterpretq_s8_s32(first), b = vreinterpretq_s8_s32(second);
#if defined(__ARM_FEATURE_DOTPROD)
  return vdotq_lane_s32(vdotq_lane_s32(sum, a, row, 0), b, row, 1);
#else
  // Four products meet in 16 bits, as in AVX2: 128 * 128 + 127 * 128 < 2^15.
  const int32x2_t fours = vreinterpret_s32_s8(row);
  const int8x16_t c = vreinterpretq_s8_s32(vdupq_lane_s32(fours, 0));
  const int8x16_t d = vreinterpretq_s8_s32(vdupq_lane_s32(fours, 1));
  const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(a), vget_low_s8(c)), vget_low_s8(b),
                                 vget_low_s8(d));
  const int16x8_t high = vmlal_high_s8(vmull_high_s8(a, c), b, d);
  return vpadalq_s16(sum, vpaddq_s16(low, high));
#endif
}
#endif
static inline void store_four_bytes(uint8_t *to, uint16x4_t from) {
  const uint8x8_t bytes = vmovn_u16(vcombine_u16(from, from));
  const uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  std::memcpy(to, &four, 4);
}
static inline void store_bytes(uint8_t *to, vf x) {
  store_four_bytes(to, vmin_u16(vqmovun_s32(vcvtnq_s32_f32(x)), vdup_n_u16(255)));
}
// The lowest byte of each lane.
static inline void store_lowest_bytes(uint8_t *to, vf x) {
  store_four_bytes(to, vmovn_u32(vreinterpretq_u32_f32(x)));
}
#else
#error "no instruction set that is known here: AVX2 with FMA, AVX-512, or NEON of 64 bits"
#endif

// What is taken off a row's bytes before they are multiplied, as an instruction wants it: sums begin
// with as much of their weights.
#if defined(GENOSEQ_LOWERED)
constexpr int LOWERED = GENOSEQ_LOWERED;
#else
constexpr int LOWERED = 0;
#endif

// The first `count` lanes, from or to memory that may end behind them; others are 0.
static inline vf load_some(const float *from, int count) {
  if (count == GENOSEQ_LANES) return load(from);
  float lanes[GENOSEQ_LANES] = {};
  std::memcpy(lanes, from, sizeof(float) * size_t(count));
  return load(lanes);
}
static inline void store_some(float *to, vf x, int count) {
  if (count == GENOSEQ_LANES) return store(to, x);
  float lanes[GENOSEQ_LANES];
  store(lanes, x);
  std::memcpy(to, lanes, sizeof(float) * size_t(count));
}

#if defined(__AVX512BF16__)
static inline void store_bf16(uint16_t *to, vf x) {
  _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x));
}
#endif

// 2 to the power of x, -126 <= x <= 126; relative error at most 2e-7.
static inline vf power_of_two_within(vf x) {
  // Adding 1.5 * 2^23 + 127 leaves the nearest whole number, and the exponent's bias, in the
  // lowest bits.
  const vf magic = every(12583039.0f);
  const vf shifted = x + magic;
  const vf part = x - (shifted - magic);
  vf sum = every(0.00132647273f);
  sum = fma(sum, part, every(0.00967151299f));
  sum = fma(sum, part, every(0.0555073358f));
  sum = fma(sum, part, every(0.240222424f));
  sum = fma(sum, part, every(0.693147004f));
  sum = fma(sum, part, every(1.0f));
  return sum * shift_to_exponent(shifted);
}

// The same of any x, as that of the limit beyond |x| <= 40.
static inline vf power_of_two(vf x) {
  return power_of_two_within(most(every(-40.0f), least(every(40.0f), x)));
}
