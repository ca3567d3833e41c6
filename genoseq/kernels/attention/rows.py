"""Vectors of one head of a document: load them, store them, undo their rotation."""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import triton
import triton.language as tl


@triton.jit
def load_rows(
    base,
    rows,
    stride,
    length,
    WIDTH: tl.constexpr,
    MASKED: tl.constexpr,
    WIDE: tl.constexpr,
):
    """Vectors (rows, WIDTH) of one head of a document; MASKED: 0 from its end, `length`, on.

    `base` points to the document's first vector.  Offsets within a document are 32-bit, which
    saves registers, unless WIDE.
    """
    offsets = rows.to(tl.int64) * stride if WIDE else rows * stride
    pointers = base + offsets[:, None] + tl.arange(0, WIDTH)[None, :]
    if MASKED:
        vectors = tl.load(pointers, mask=(rows < length)[:, None], other=0.0)
    else:
        vectors = tl.load(pointers)
    return vectors


@triton.jit
def store_rows(base, rows, stride, length, vectors, WIDTH: tl.constexpr, WIDE: tl.constexpr):
    """Store vectors (rows, WIDTH) of one head of a document, those before its end."""
    offsets = rows.to(tl.int64) * stride if WIDE else rows * stride
    pointers = base + offsets[:, None] + tl.arange(0, WIDTH)[None, :]
    tl.store(pointers, vectors.to(base.dtype.element_ty), mask=(rows < length)[:, None])


@triton.jit
def turned_back(
    vectors, cos, sin, rows, length, WIDTH: tl.constexpr, BLOCK: tl.constexpr, WIDE: tl.constexpr
):
    """Undo the rotation of (BLOCK, D): pairs (d, d + D/2) turned by minus their angle."""
    HALF: tl.constexpr = WIDTH // 2  # noqa: N806
    pairs = tl.permute(tl.reshape(vectors, (BLOCK, 2, HALF)), (0, 2, 1))
    near, far = tl.split(pairs)
    c = load_rows(cos, rows, HALF, length, HALF, True, WIDE)
    s = load_rows(sin, rows, HALF, length, HALF, True, WIDE)
    turned = tl.join(near * c + far * s, far * c - near * s)
    return tl.reshape(tl.permute(turned, (0, 2, 1)), (BLOCK, WIDTH))
