// Vectors of steps from bases by look-up: rows of tables, one for each word of bases that a step
// sees, are added up, and GELU follows (genoseq/inference/fold.py makes the tables).

#include <new>
#include <vector>

#include "tiles.h"
#include "vectors.h"

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/stem.py has the same fields.
struct GenoseqStem {
  const uint8_t *codes;  // (rows, bases), 0 to 4; those of all words, `code_row` from row to row
  const float *tables;   // (groups, 5^word, width)
  void *outputs;         // (steps, rows, width)
  const float *scale, *zero;  // (width,), of bytes alone: round(x * scale + zero), cut off at 0 and 255
  int64_t code_row, steps, rows;
  int32_t groups, word, hop, step, width, activate;
};
}

namespace {

constexpr int L = GENOSEQ_LANES;
constexpr int64_t BLOCK = 32;  // steps whose words are numbered at once

// x Phi(x) = max(x, 0) - |x| Phi(-|x|), the normal distribution Phi as a power of 2 whose exponent
// is a polynomial: fitted on 0 to 5.6 so that the largest error of the product is least.  Absolute
// error at most 3e-7, of which 2.4e-7 is the rounding of values above 4.
inline vf gelu(vf x) {
  const vf down = most(every(-5.6f), least(x, -x));
  vf sum = every(3.30927962e-05f);
  sum = fma(sum, down, every(7.69219514e-04f));
  sum = fma(sum, down, every(8.08071584e-03f));
  sum = fma(sum, down, every(5.34121030e-02f));
  sum = fma(sum, down, every(-4.58770974e-01f));
  sum = fma(sum, down, every(1.15120170f));
  sum = fma(sum, down, every(-9.99993061e-01f));
  return fma(down, power_of_two_within(sum), most(every(0.0f), x));
}

// Each puts out the numbers of a step and row, which begin at `at`, from the lane `lane` on.
struct Store {
  float *outputs;
  void operator()(int64_t at, int lane, vf x) const { store(outputs + at + lane, x); }
  void operator()(int64_t at, int lane, vf x, int count) const {
    store_some(outputs + at + lane, x, count);
  }
};

#if defined(__AVX512BF16__)
struct StoreBf16 {
  uint16_t *outputs;
  void operator()(int64_t at, int lane, vf x) const { store_bf16(outputs + at + lane, x); }
  void operator()(int64_t at, int lane, vf x, int count) const {
    uint16_t lanes[L];
    store_bf16(lanes, x);
    std::memcpy(outputs + at + lane, lanes, 2 * size_t(count));
  }
};
#endif

#if defined(GENOSEQ_INTEGERS)
struct StoreBytes {
  uint8_t *outputs;
  const float *scale, *zero;
  void operator()(int64_t at, int lane, vf x) const {
    store_bytes(outputs + at + lane, scaled(x, load(scale + lane), load(zero + lane)));
  }
  void operator()(int64_t at, int lane, vf x, int count) const {
    uint8_t lanes[L];
    store_bytes(lanes, scaled(x, load_some(scale + lane, count), load_some(zero + lane, count)));
    std::memcpy(outputs + at + lane, lanes, size_t(count));
  }
  static vf scaled(vf x, vf scale, vf zero) { return least(every(255.0f), fma(x, scale, zero)); }
};
#endif

// Gives the vector of a step and row: the sum of a row of each table.
template <bool ACTIVATE, class Give>
inline void add_up(const GenoseqStem &run, const float *const *rows, int64_t at, const Give &give) {
  const int whole = run.width / L * L, rest = run.width - whole, groups = run.groups;
  for (int lane = 0; lane < whole; lane += L) {
    vf sum = load(rows[0] + lane);
    for (int group = 1; group < groups; ++group) sum = sum + load(rows[group] + lane);
    give(at, lane, ACTIVATE ? gelu(sum) : sum);
  }
  if (!rest) return;
  vf sum = load_some(rows[0] + whole, rest);
  for (int group = 1; group < groups; ++group) sum = sum + load_some(rows[group] + whole, rest);
  give(at, whole, ACTIVATE ? gelu(sum) : sum, rest);
}

template <bool ACTIVATE, class Give>
void look_up(const GenoseqStem &run, const Give &give) {
  int64_t letters = 1;
  for (int base = 0; base < run.word; ++base) letters *= 5;
  const int64_t table = letters * run.width, hops = run.step / run.hop;
  const int64_t most = (BLOCK - 1) * hops + run.groups;
  std::vector<int64_t> words(size_t(run.rows * most));  // where their rows begin in any table
  std::vector<const float *> rows(size_t(run.groups));
  for (int64_t first = 0; first < run.steps; first += BLOCK) {
    const int64_t steps = run.steps - first < BLOCK ? run.steps - first : BLOCK;
    for (int64_t row = 0; row < run.rows; ++row) {
      const uint8_t *codes = run.codes + row * run.code_row + first * run.step;
      for (int64_t at = 0; at < (steps - 1) * hops + run.groups; ++at, codes += run.hop) {
        int64_t word = 0;
        for (int base = 0; base < run.word; ++base) word = word * 5 + codes[base];
        words[size_t(row * most + at)] = word * run.width;
      }
    }
    const auto row_of = [&](int64_t step, int64_t row, int group) {
      return run.tables + group * table + words[size_t(row * most + step * hops + group)];
    };
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t row = 0; row < run.rows; ++row) {
        for (int group = 0; group < run.groups; ++group) {
          rows[size_t(group)] = row_of(step, row, group);
          if (step + 1 == steps) continue;
          // Tables are larger than the nearest cache: ask for what the next step takes.
          const float *next = row_of(step + 1, row, group);
          for (int lane = 0; lane < run.width; lane += 16) __builtin_prefetch(next + lane);
        }
        add_up<ACTIVATE>(run, rows.data(), ((first + step) * run.rows + row) * run.width, give);
      }
  }
}

template <class Give>
int32_t looked_up(const GenoseqStem &run, const Give &give) {
  try {
    run.activate ? look_up<true>(run, give) : look_up<false>(run, give);
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" {

// SHA-256 of the sources that this library is compiled from, by setup.py.
GENOSEQ_API const char *genoseq_sources() { return GENOSEQ_SOURCES; }

#if defined(GENOSEQ_TILES)
// Whether the system lets this process use tiles: Linux saves them for those that asked.
GENOSEQ_API int32_t genoseq_may_run() { return may_use_tiles(); }
#endif

// 0, or 1 if there is no memory left.
GENOSEQ_API int32_t genoseq_stem_fp32(const GenoseqStem *run) {
  return looked_up(*run, Store{static_cast<float *>(run->outputs)});
}

#if defined(__AVX512BF16__)
GENOSEQ_API int32_t genoseq_stem_bf16(const GenoseqStem *run) {
  return looked_up(*run, StoreBf16{static_cast<uint16_t *>(run->outputs)});
}
#endif

#if defined(GENOSEQ_INTEGERS)
GENOSEQ_API int32_t genoseq_stem_int8(const GenoseqStem *run) {
  return looked_up(*run, StoreBytes{static_cast<uint8_t *>(run->outputs), run->scale, run->zero});
}
#endif
}
