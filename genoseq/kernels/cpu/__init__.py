"""Recurrent layers and folded stems for CPUs, compiled when genoseq is installed where there is a
C++ compiler: predictions only; what PyTorch computes is their twin."""

from genoseq.kernels.cpu.library import Chosen, choose
from genoseq.kernels.cpu.recurrent import Layer, run_layer
from genoseq.kernels.cpu.stem import look_up

__all__ = ["Chosen", "Layer", "choose", "look_up", "run_layer"]
