"""Attention over packed documents: full, windowed and with global tokens, forward and backward."""

from genoseq.kernels.dispatch import Choice, choose
from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import Attended, attention
from genoseq.kernels.rotary import Rotary

__all__ = ["Attended", "Choice", "Mask", "Rotary", "attention", "choose"]
