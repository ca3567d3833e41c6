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

// The tiles of a thread: 0 to 3 hold sums of as many rows as are multiplied, 4 and 5 the rows
// themselves, 6 and 7 weights.  They are given back at the end.
class Tiles {
 public:
  Tiles() = default;
  Tiles(const Tiles &) = delete;
  ~Tiles() {
    if (rows_) _tile_release();
  }

  void set_rows(int rows) {
    if (rows == rows_) return;
    rows_ = rows;
    struct {
      uint8_t palette = 1, start = 0, reserved[14] = {};
      uint16_t bytes[16] = {};
      uint8_t rows[16] = {};
    } shape;
    for (int tile = 0; tile < 8; ++tile) {
      shape.bytes[tile] = 64;
      shape.rows[tile] = uint8_t(tile < 6 ? rows : TILE_ROWS);
    }
    _tile_loadconfig(&shape);
  }

 private:
  int rows_ = 0;
};

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

// Sums (row, gate, 16), integers or floats, of rows with the weights (group, gate, 16, 4 bytes).
template <bool INTEGERS, int G>
inline void tile_gates(float *sums, const char *rows, int64_t rows_apart, const char *weights,
                       int64_t groups) {
  constexpr int64_t line = 64, group = G * line;
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

}  // namespace

#endif
