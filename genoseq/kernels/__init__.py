"""Attention over packed documents, forward and backward: the operator, plain PyTorch, Triton.
README.md here has a line for each module."""

# attention() is imported from genoseq.kernels.operator: here its name is the Triton package's.
from genoseq.kernels.dispatch import Choice, choose
from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import Attended
from genoseq.kernels.rotary import Rotary

__all__ = ["Attended", "Choice", "Mask", "Rotary", "choose"]
