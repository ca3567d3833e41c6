"""Triton's interpreter, made to honour bfloat16 and to do nothing twice or for nothing.

The interpreter keeps bfloat16 as raw 16-bit patterns.  In Triton 3.9 ``tl.dot`` multiplies the
patterns as if they were integers, and casts from float32 cut instead of rounding to nearest even
as hardware does.  `install` mends both for the tests.

What it otherwise spends most of its time on: at every call of a nested function it replaces once
more what of ``triton.language`` the kernel that calls has replaced already, and at every kernel it
searches for that; it computes all integer sums and products once more in 64 bits, compares, and
forgets the result, for only Triton's debug mode asserts anything; and it scans number by number.
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

    def scan_whole_rows(self: Any, inputs: Any) -> Any:
        # The function that combines two elements takes whole rows of them as well.
        given = [np.moveaxis(each.handle.data, self.axis, 0) for each in inputs]
        found = [np.empty_like(rows) for rows in given]
        state: Any = None
        for step in range(len(given[0])):
            now = [
                self.to_tensor(rows[step], each.dtype)
                for rows, each in zip(given, inputs, strict=True)
            ]
            state = now if state is None else self.combine_fn.fn(*state, *now)
            for rows, each in zip(found, state, strict=True):
                rows[step] = each.handle.data
        whole = [np.ascontiguousarray(np.moveaxis(rows, 0, self.axis)) for rows in found]
        return [self.to_tensor(rows, each.dtype) for rows, each in zip(whole, inputs, strict=True)]

    names: dict[Any, list[str]] = {}

    def patch_known(package: Any, _builder: Any, scope: Any) -> None:
        if package not in names:
            found = inspect.getmembers(package)
            names[package] = [name for name, member in found if tl.core.is_builtin(member)]
        for name in names[package]:
            member = getattr(package, name)
            if tl.core.is_builtin(member):
                interpreter._patch_attr(package, name, member, _builder, scope)

    replaced: set[str] = set()

    def call_nested(self: Any, *args: Any, **options: Any) -> Any:
        # Triton's own functions know the language by another name: there it is replaced for good.
        module = self.fn.__module__
        if "tl" not in self.fn.__globals__ and module not in replaced:
            replaced.add(module)
            interpreter._patch_lang(self.fn)
        return self.rewrite()(*args, **options)

    interpreter.InterpretedFunction.__call__ = call_nested
    interpreter.ScanOps.generic_scan = scan_whole_rows
    interpreter.InterpreterBuilder.create_dot = dot_widened
    interpreter._convert_float = convert_to_nearest
    interpreter._patch_builtin = patch_known
    options = interpreter.interpreter_builder.options
    if not options.debug:
        interpreter.interpreter_builder.options = replace(options, sanitize_overflow=False)
