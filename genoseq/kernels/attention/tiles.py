"""Tile map: which block of which document a program works on, built on the device.

A document of tokens a ... b - 1 has ceil((b - a) / BLOCK) blocks, which is at most
b // BLOCK - a // BLOCK + 1.  So document d gets the slots from a // BLOCK + d on: there are
T // BLOCK + documents slots in all, known without reading `cu_seqlens` on the host, and at most
one of a document stays empty.  The document of a slot is found by bisection.
"""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import torch
import triton
import triton.language as tl
from torch import Tensor

CHUNK = 256
"""Slots that one program of the tile kernel fills."""


@triton.jit
def held_block(cu_seqlens, tiles, heads, BLOCK: tl.constexpr, HEADS_FIRST: tl.constexpr):
    """The block that this program holds, in a grid of tiles * heads programs.

    Programs start in order of their number.  HEADS_FIRST runs through the heads of a tile first,
    so that the long tiles of global tokens of all heads start first; else the tiles of one head
    come first, which read the same keys.

    Returns
    -------
    head, document, the document's first token (this and head int64), its length, and first token
    of the block within the document, -1 if the tile is empty.
    """
    program = tl.program_id(0)
    if HEADS_FIRST:
        tile = program // heads
        head = program % heads
    else:
        per_head = tl.num_programs(0) // heads
        tile = program % per_head
        head = program // per_head
    document = tl.load(tiles + 2 * tile)
    block = tl.load(tiles + 2 * tile + 1)
    start = tl.load(cu_seqlens + tl.maximum(document, 0))
    end = tl.load(cu_seqlens + tl.maximum(document, 0) + 1)
    first = tl.where(document < 0, -1, block * BLOCK)
    return head.to(tl.int64), document, start.to(tl.int64), end - start, first


@triton.jit
def other_side(cu_seqlens, document, start, length):
    """First token (int64) and length of the document on the side that is walked over.

    `cu_seqlens` is that side's; None: it has the documents of the held side, whose `start` and
    `length` are given back.
    """
    if cu_seqlens is not None:
        first = tl.load(cu_seqlens + document)
        length = tl.load(cu_seqlens + document + 1) - first
        start = first.to(tl.int64)
    return start, length


@triton.jit(do_not_specialize=["documents", "slots", "leading", "rounds"])
def tile_map_kernel(
    cu_seqlens,  # pointer to first tokens of documents, then T, int32, shape (documents + 1,)
    tiles,  # pointer to the map: document (-1: none) and block, int32, shape (slots, 2)
    documents,
    slots,
    leading,  # blocks of each document that come before all others
    rounds,  # of bisection, at least log2(documents)
    BLOCK: tl.constexpr,
    REVERSED: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """Fill CHUNK slots of the map."""
    number = tl.program_id(0) * CHUNK + tl.arange(0, CHUNK)
    inside = number < slots
    slot = slots - 1 - number if REVERSED else number
    ahead = slot < documents * leading
    rest = slot - documents * leading
    low = tl.zeros([CHUNK], tl.int32)
    high = low + documents
    for _ in range(rounds):
        middle = (low + high) // 2
        begins = tl.load(cu_seqlens + middle, mask=inside, other=0) // BLOCK + middle
        low = tl.where(begins <= rest, middle, low)
        high = tl.where(begins <= rest, high, middle)
    document = tl.where(ahead, slot // tl.maximum(leading, 1), low)
    start = tl.load(cu_seqlens + document, mask=inside, other=0)
    length = tl.load(cu_seqlens + document + 1, mask=inside, other=0) - start
    block = tl.where(ahead, slot % tl.maximum(leading, 1), rest - start // BLOCK - low)
    twice = (block < leading) & (slot >= documents * leading)
    document = tl.where((block * BLOCK >= length) | twice, -1, document)
    tl.store(tiles + 2 * number, document, mask=inside)
    tl.store(tiles + 2 * number + 1, block, mask=inside)


def tile_map(
    cu_seqlens: Tensor, tokens: int, block: int, leading: int = 0, *, reverse: bool = False
) -> Tensor:
    """Document (-1: an empty tile) and block of every program, int32 (tiles, 2).

    The host does not wait for the device.

    Parameters
    ----------
    cu_seqlens
        First token of each document, then T, int32 (documents + 1,).
    tokens
        T.
    block
        Tokens of a block.
    leading
        This many blocks of each document come first: those that work longest.
    reverse
        The last blocks come first.
    """
    documents = cu_seqlens.numel() - 1
    slots = tokens // block + documents * (1 + leading)
    tiles = torch.empty((slots, 2), dtype=torch.int32, device=cu_seqlens.device)
    tile_map_kernel[(triton.cdiv(slots, CHUNK),)](
        cu_seqlens,
        tiles,
        documents,
        slots,
        leading,
        documents.bit_length(),
        BLOCK=block,
        REVERSED=reverse,
        CHUNK=CHUNK,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return tiles
