// Products of matrices in the tiles of AMX: 16 rows of 64 bytes, eight of them.
#pragma once

#include <cstdint>

namespace {
constexpr int TILE_ROWS = 16;
}

#if defined(__AMX_TILE__) && defined(__AMX_INT8__) && defined(__AMX_BF16__)
#include <immintrin.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#define GENOSEQ_TILES

namespace {

inline bool may_use_tiles() {
#if defined(__linux__)
  constexpr long request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request, tile_data) == 0;
#else
  return false;
#endif
}

// Products are added to sums: four of bytes, unsigned and signed, or two of bf16.  Of intrinsics'
// tiles only numbers in the source are allowed.
#define GENOSEQ_ADD(sum, row, weight)        \
  if constexpr (INTEGERS)                    \
    _tile_dpbusd(sum, row, weight);          \
  else                                       \
    _tile_dpbf16ps(sum, row, weight)

template <bool INTEGERS, int G, class Sum, class Number>
inline void multiply_tiles(Sum *sums, const Number *given, int64_t rows_apart, const char *weights,
                           int64_t groups) {
  constexpr int64_t line = 64, group = G * line;
  const char *rows = reinterpret_cast<const char *>(given);
  _tile_zero(0);
  if constexpr (G > 1) _tile_zero(1);
  if constexpr (G > 2) _tile_zero(2);
  if constexpr (G > 3) _tile_zero(3);
  for (int64_t k = 0; k < groups; k += TILE_ROWS, weights += TILE_ROWS * group) {
    _tile_loadd(4, rows + k * 4, rows_apart);
    _tile_loadd(6, weights, group);
    GENOSEQ_ADD(0, 4, 6);
    if constexpr (G > 1) {
      _tile_loadd(7, weights + line, group);
      GENOSEQ_ADD(1, 4, 7);
    }
    if constexpr (G > 2) {
      _tile_loadd(6, weights + 2 * line, group);
      GENOSEQ_ADD(2, 4, 6);
    }
    if constexpr (G > 3) {
      _tile_loadd(7, weights + 3 * line, group);
      GENOSEQ_ADD(3, 4, 7);
    }
  }
  _tile_stored(0, sums, group);
  if constexpr (G > 1) _tile_stored(1, sums + 16, group);
  if constexpr (G > 2) _tile_stored(2, sums + 32, group);
  if constexpr (G > 3) _tile_stored(3, sums + 48, group);
}

#undef GENOSEQ_ADD

// The tiles of a thread: 0 to 3 hold sums, 4 rows, 6 and 7 weights.  They are given back at the end.
class Tiles {
 public:
  Tiles() {
    struct {
      uint8_t palette = 1, start = 0, reserved[14] = {};
      uint16_t bytes[16] = {};
      uint8_t rows[16] = {};
    } shape;
    for (int tile = 0; tile < 8; ++tile) {
      shape.bytes[tile] = 64;
      shape.rows[tile] = TILE_ROWS;
    }
    _tile_loadconfig(&shape);
  }
  Tiles(const Tiles &) = delete;
  ~Tiles() { _tile_release(); }

  // Sums (16, gate, 16), integers or floats, of 16 rows with weights (group, gate, 16, 4 bytes).
  template <bool INTEGERS, int G, class Sum, class Number>
  void multiply(Sum *sums, const Number *rows, int64_t rows_apart, const Number *weights,
                int64_t groups) const {
    multiply_tiles<INTEGERS, G>(sums, rows, rows_apart * int64_t(sizeof(Number)),
                                reinterpret_cast<const char *>(weights), groups);
  }
};

}  // namespace

#endif
