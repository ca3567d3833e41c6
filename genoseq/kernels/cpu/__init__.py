"""Folded stems, recurrent layers and linear heads for CPUs, compiled when genoseq is installed
where there is a C++ compiler: predictions only; what PyTorch computes is their twin."""

from genoseq.kernels.cpu.head import Head, head_of, read_head
from genoseq.kernels.cpu.integers import integer_layer, states_by_torch
from genoseq.kernels.cpu.library import Chosen, choose
from genoseq.kernels.cpu.recurrent import IntegerLayer, Layer, run_integer_layer, run_layer
from genoseq.kernels.cpu.stem import look_up

__all__ = [
    "Chosen",
    "Head",
    "IntegerLayer",
    "Layer",
    "choose",
    "head_of",
    "integer_layer",
    "look_up",
    "read_head",
    "run_integer_layer",
    "run_layer",
    "states_by_torch",
]
