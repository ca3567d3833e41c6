"""Triton's interpreter, made to honour bfloat16 and to do nothing twice or for nothing.

The interpreter keeps bfloat16 as raw 16-bit patterns.  In Triton 3.9 ``tl.dot`` multiplies the
patterns as if they were integers, and casts from float32 cut instead of rounding to nearest even
as hardware does.  `install` mends both for the tests.

What it otherwise spends most of its time on: at every call of a nested function it searches
``triton.language`` for what it has to replace; and it computes all integer sums and products once
more in 64 bits, compares, and forgets the result, for only Triton's debug mode asserts anything.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import triton.language as tl
from triton.runtime import interpreter


def install() -> None:
    """Patch the interpreter of this process."""
    dot = interpreter.InterpreterBuilder.create_dot
    convert = interpreter._convert_float

    def widened(operand: Any) -> Any:
        if operand.dtype.scalar != tl.bfloat16:
            return operand
        bits = operand.data.astype(np.uint32) << 16
        return interpreter.TensorHandle(bits.view(np.float32), tl.float32)

    def dot_widened(self: Any, a: Any, b: Any, d: Any, precision: Any, imprecise: Any) -> Any:
        return dot(self, widened(a), widened(b), d, precision, imprecise)

    def convert_to_nearest(values: Any, source: Any, target: Any, rounding: Any) -> Any:
        if source != tl.float32 or target != tl.bfloat16:
            return convert(values, source, target, rounding)
        rounded = torch.from_numpy(np.ascontiguousarray(values)).to(torch.bfloat16)
        return rounded.view(torch.uint16).numpy().reshape(values.shape)

    names: dict[Any, list[str]] = {}

    def patch_known(package: Any, _builder: Any, scope: Any) -> None:
        if package not in names:
            found = inspect.getmembers(package)
            names[package] = [name for name, member in found if tl.core.is_builtin(member)]
        for name in names[package]:
            member = getattr(package, name)
            if tl.core.is_builtin(member):
                interpreter._patch_attr(package, name, member, _builder, scope)

    interpreter.InterpreterBuilder.create_dot = dot_widened
    interpreter._convert_float = convert_to_nearest
    interpreter._patch_builtin = patch_known
    options = interpreter.interpreter_builder.options
    if not options.debug:
        interpreter.interpreter_builder.options = replace(options, sanitize_overflow=False)
