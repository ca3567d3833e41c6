"""Attention kernels in Triton: forward, delta, dq and dkv.  Importing its modules needs triton.

launch          what the operator calls: allocates, chooses blocks, launches
configurations  block sizes, warps and stages of each architecture
tiles           kernel: which document and block a program works on
ranges          which blocks a program walks over, and which pairs of an edge block it keeps
rows            vectors of a document: load, store, undo their rotation
forward         kernel: outputs and log-sum-exp
delta           kernel: delta; the formulas of the backward pass
dq              kernel: gradient of the queries
dkv             kernel: gradients of keys and values
"""
