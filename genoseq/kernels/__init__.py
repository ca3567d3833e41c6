"""Attention over packed documents: full, windowed and with global tokens, forward and backward.

    operator     attention(), the one function that models call (genoseq::attention)
    dispatch     which backend runs on a device, and why
    mask         which keys a query sees
    rotary       rotary position embedding
    reference/   plain PyTorch, on any device
    attention/   Triton

The function is imported from :mod:`genoseq.kernels.operator`: here its name is the package's that
holds the Triton kernels.
"""

from genoseq.kernels.dispatch import Choice, choose
from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import Attended
from genoseq.kernels.rotary import Rotary

__all__ = ["Attended", "Choice", "Mask", "Rotary", "choose"]
