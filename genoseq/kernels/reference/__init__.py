"""Attention in plain PyTorch: any device, any floating type, explicit gradients.

Time and memory are linear in the tokens for windows and global tokens; full attention takes
quadratic time in bounded memory.  It is the training path on CPUs, and what the Triton kernels are
compared with.

    documents    packed documents -> batches of equal ones, one row for each document and head
    banded       windows and global keys, block by block
    full         full attention, and the rows of global tokens
    tile         the formulas, on one tile
"""

from genoseq.kernels.reference.documents import backward, forward, weights_size
from genoseq.kernels.reference.tile import accumulator

__all__ = ["accumulator", "backward", "forward", "weights_size"]
