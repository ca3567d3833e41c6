"""Gated linear recurrences: states from gates and values of all steps, without a recurrent matrix;
an operator, plain PyTorch, and Triton kernels (those for CPUs are in ``cpu/scan.cpp``)."""
