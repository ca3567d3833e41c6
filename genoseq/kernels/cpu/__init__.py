"""Folded stems, recurrent layers and linear heads for CPUs, compiled when genoseq is installed
where there is a C++ compiler: predictions, and LSTMs that learn; what PyTorch computes is their
twin."""

from genoseq.kernels.cpu.head import Head, head_of, read_head
from genoseq.kernels.cpu.integers import (
    LEAST_STATE,
    integer_head,
    integer_layer,
    outputs_by_torch,
    states_as_bytes,
    states_by_torch,
)
from genoseq.kernels.cpu.library import Chosen, choose
from genoseq.kernels.cpu.lstm import learning_layer
from genoseq.kernels.cpu.recurrent import IntegerLayer, Layer, run_integer_layer, run_layer
from genoseq.kernels.cpu.stem import look_up

__all__ = [
    "LEAST_STATE",
    "Chosen",
    "Head",
    "IntegerLayer",
    "Layer",
    "choose",
    "head_of",
    "integer_head",
    "integer_layer",
    "learning_layer",
    "look_up",
    "outputs_by_torch",
    "read_head",
    "run_integer_layer",
    "run_layer",
    "states_as_bytes",
    "states_by_torch",
]
