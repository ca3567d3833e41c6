// Vectors of a few rows side by side.  A gate is a long chain of operations, each of which waits for
// the one before; those of rows that are computed in turn fill the time.
#pragma once

#include "vectors.h"

// Calls would pass all rows through memory.
#define GENOSEQ_ALWAYS __attribute__((always_inline))
#define GENOSEQ_INLINE static inline GENOSEQ_ALWAYS

// Not an array: compilers keep what has names in registers.
template <int W>
struct Rows {
  vf first;
  Rows<W - 1> others;
};
template <>
struct Rows<1> {
  vf first;
};

// What `work` makes of each row's vectors.
template <class Work, int W, class... More>
GENOSEQ_INLINE Rows<W> each(const Work &work, const Rows<W> &rows, const More &...more) {
  if constexpr (W == 1)
    return {work(rows.first, more.first...)};
  else
    return {work(rows.first, more.first...), each(work, rows.others, more.others...)};
}

// What `work` makes of each row's number, 0 to W - 1.
template <int W, class Work>
GENOSEQ_INLINE Rows<W> make_rows(const Work &work, int row = 0) {
  if constexpr (W == 1)
    return {work(row)};
  else
    return {work(row), make_rows<W - 1>(work, row + 1)};
}

template <int W, class Work>
GENOSEQ_INLINE void give_rows(const Rows<W> &rows, const Work &work, int row = 0) {
  work(row, rows.first);
  if constexpr (W > 1) give_rows(rows.others, work, row + 1);
}

template <int W>
GENOSEQ_INLINE Rows<W> operator+(const Rows<W> &a, const Rows<W> &b) {
  return each([](vf x, vf y) { return x + y; }, a, b);
}
template <int W>
GENOSEQ_INLINE Rows<W> operator-(const Rows<W> &a, const Rows<W> &b) {
  return each([](vf x, vf y) { return x - y; }, a, b);
}
template <int W>
GENOSEQ_INLINE Rows<W> operator*(const Rows<W> &a, const Rows<W> &b) {
  return each([](vf x, vf y) { return x * y; }, a, b);
}
template <int W>
GENOSEQ_INLINE Rows<W> operator/(const Rows<W> &a, const Rows<W> &b) {
  return each([](vf x, vf y) { return x / y; }, a, b);
}
template <int W>
GENOSEQ_INLINE Rows<W> operator*(const Rows<W> &a, vf b) {
  return each([b](vf x) { return x * b; }, a);
}
template <int W>
GENOSEQ_INLINE Rows<W> fma(const Rows<W> &a, const Rows<W> &b, const Rows<W> &c) {
  return each([](vf x, vf y, vf z) { return fma(x, y, z); }, a, b, c);
}
template <int W>
GENOSEQ_INLINE Rows<W> fma(const Rows<W> &a, const Rows<W> &b, vf c) {
  return each([c](vf x, vf y) { return fma(x, y, c); }, a, b);
}
template <int W>
GENOSEQ_INLINE Rows<W> fma(const Rows<W> &a, vf b, vf c) {
  return each([b, c](vf x) { return fma(x, b, c); }, a);
}

// 2 to the power of x as a product, so that 1 + 2^x and 1 - 2^x take one operation and round once.
template <int W>
struct Power {
  Rows<W> part, exponent;

  GENOSEQ_ALWAYS Rows<W> value() const { return part * exponent; }
  GENOSEQ_ALWAYS Rows<W> and_one() const { return fma(part, exponent, every(1.0f)); }
  GENOSEQ_ALWAYS Rows<W> from_one() const {
    return each([](vf x, vf y) { return less(x, y, every(1.0f)); }, part, exponent);
  }
};

// 2^x, x within limits (below): a polynomial of what is left of x by the nearest whole number,
// factors from the highest power down.
template <int W, class... Factors>
GENOSEQ_INLINE Power<W> power_of(const Rows<W> &x, float highest, float next, Factors... factors) {
  // Adding 1.5 * 2^23 + 127 leaves the nearest whole number, and the exponent's bias, in the
  // lowest bits.
  const vf magic = every(12583039.0f);
  const Rows<W> shifted = each([=](vf x) { return x + magic; }, x);
  const Rows<W> whole = each([=](vf x) { return x - magic; }, shifted);
  const Rows<W> part = x - whole;
  Rows<W> sum = fma(part, every(highest), every(next));
  ((sum = fma(sum, part, every(factors))), ...);
  return {sum, each([](vf x) { return shift_to_exponent(x); }, shifted)};
}

// Relative error at most 2e-7; NaN stays NaN.
template <int W>
GENOSEQ_INLINE Power<W> power_exactly(const Rows<W> &given) {
  const Rows<W> high = each([](vf x) { return least(every(40.0f), x); }, given);
  const Rows<W> x = each([](vf x) { return most(every(-40.0f), x); }, high);
  return power_of(x, 0.00132647273f, 0.00967151299f, 0.0555073358f, 0.240222424f, 0.693147004f,
                  1.0f);
}

// Relative error at most 0.002, of a gate 0.001: a quarter of what a state loses that is rounded to
// 8 bits.  Of 0 it is 1, so that a tanh of 0 is 0.
template <int W>
GENOSEQ_INLINE Power<W> power_nearly(const Rows<W> &given) {
  const Rows<W> x = each([](vf x) { return within(every(40.0f), x); }, given);
  return power_of(x, 0.23986372f, 0.70294184f, 1.0f);
}
