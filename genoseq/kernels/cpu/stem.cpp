// Vectors of steps from bases by look-up: rows of tables, one for each word of bases that a step
// sees, are added up, and GELU follows (genoseq/inference/fold.py makes the tables).

#include <vector>

#include "tiles.h"
#include "vectors.h"

extern "C" {

// Everything that a run reads and writes; genoseq/kernels/cpu/stem.py has the same fields.
struct GenoseqStem {
  const uint8_t *codes;  // (rows, bases), 0 to 4; those of all words, `code_row` from row to row
  const float *tables;   // (groups, 5^word, width)
  void *outputs;         // (steps, rows, width)
  int64_t code_row, steps, rows;
  int32_t groups, word, hop, step, width, activate;
};
}

namespace {

constexpr int L = GENOSEQ_LANES;

// x Phi(x) = max(x, 0) - |x| Phi(-|x|), the normal distribution Phi as in Abramowitz and Stegun
// 7.1.26: a polynomial of 1 / (1 + p |x|) times exp(-x^2 / 2).  Absolute error at most 2e-7.
inline vf gelu(vf x) {
  const vf size = most(x, -x);
  const vf t = every(1.0f) / fma(every(0.235f), size, every(1.0f));
  vf sum = every(0.457590686f);
  sum = fma(sum, t, every(-0.553612537f));
  sum = fma(sum, t, every(0.548948255f));
  sum = fma(sum, t, every(-0.0696987462f));
  sum = fma(sum, t, every(0.116773802f));
  const vf density = power_of_two(x * x * every(-0.721347520f));
  return most(every(0.0f), x) - size * (sum * t * density);
}

template <class Give>
void look_up(const GenoseqStem &run, const Give &give) {
  int64_t letters = 1;
  for (int base = 0; base < run.word; ++base) letters *= 5;
  std::vector<const float *> from(size_t(run.groups));
  for (int64_t step = 0; step < run.steps; ++step)
    for (int64_t row = 0; row < run.rows; ++row) {
      const uint8_t *codes = run.codes + row * run.code_row + step * run.step;
      for (int group = 0; group < run.groups; ++group, codes += run.hop) {
        int64_t word = 0;
        for (int base = 0; base < run.word; ++base) word = word * 5 + codes[base];
        from[size_t(group)] = run.tables + (group * letters + word) * run.width;
      }
      for (int lane = 0; lane < run.width; lane += L) {
        const int count = run.width - lane < L ? run.width - lane : L;
        vf sum = load_some(from[0] + lane, count);
        for (int group = 1; group < run.groups; ++group)
          sum = sum + load_some(from[size_t(group)] + lane, count);
        if (run.activate) sum = gelu(sum);
        give((step * run.rows + row) * run.width + lane, sum, count);
      }
    }
}

}  // namespace

extern "C" {

// SHA-256 of the sources that this library is compiled from, by setup.py.
GENOSEQ_API const char *genoseq_sources() { return GENOSEQ_SOURCES; }

#if defined(GENOSEQ_TILES)
// Whether the system lets this process use tiles: Linux saves them for those that asked.
GENOSEQ_API int32_t genoseq_may_run() { return may_use_tiles(); }
#endif

GENOSEQ_API void genoseq_stem_fp32(const GenoseqStem *run) {
  float *outputs = static_cast<float *>(run->outputs);
  look_up(*run, [=](int64_t at, vf x, int count) { store_some(outputs + at, x, count); });
}

#if defined(__AVX512BF16__)
GENOSEQ_API void genoseq_stem_bf16(const GenoseqStem *run) {
  uint16_t *outputs = static_cast<uint16_t *>(run->outputs);
  look_up(*run, [=](int64_t at, vf x, int count) {
    uint16_t lanes[L];
    store_bf16(lanes, x);
    std::memcpy(outputs + at, lanes, 2 * size_t(count));
  });
}
#endif
}
