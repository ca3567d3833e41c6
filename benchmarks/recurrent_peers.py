"""A recurrent layer's speed on one core by genoseq's kernels, and by libraries for inference.

    pip install onnx onnxruntime openvino
    taskset -c 0 python benchmarks/recurrent_peers.py [--rows 32] [--steps 1024] [--repeats 5]

The layer is that of the model in the box: a bidirectional LSTM of width 64 that reads 96 numbers,
with random weights.  Every way gets the same fp32 vectors and one thread, and tells hidden states
in fp32 (those in bf16 in it).  Ways are taken in turn, and the fastest of the repeats counts, in
CPU seconds.  Columns: billions of multiplications and additions a second, times as fast as
PyTorch's fp32, and the largest difference from that.  ``compiled`` is torch.compile; ONNX Runtime's
int8 is its own dynamic quantisation of LSTMs; OpenVINO computes in bf16 if that is its hint and the
processor has instructions for it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genoseq.config.encoders import RecurrentSettings
from genoseq.files.provenance import processor
from genoseq.kernels.cpu import Layer, run_layer
from genoseq.kernels.cpu.library import VARIABLE, Chosen, runnable
from genoseq.models.integers import IntegerEncoder
from genoseq.models.recurrent import RecurrentEncoder

INPUTS, WIDTH = 96, 64
ORDER = (0, 3, 1, 2)
"""PyTorch's gates (in, forget, candidate, out) as ONNX orders them."""

Way = Callable[[], Any]
"""Computes hidden states of all steps and rows, in whatever order of axes."""


def ours(encoder: RecurrentEncoder, steps: Tensor) -> dict[str, Way]:
    """By each set of kernels that runs here, in each of its number formats."""
    layers = [Layer(*encoder.weights(0, reverse)) for reverse in (False, True)]
    integers = IntegerEncoder(encoder, steps)
    found: dict[str, Way] = {}
    for name in runnable():
        chosen = Chosen(name, "")
        for dtype in chosen.dtypes:
            title = f"genoseq {name}, {'fp32' if dtype == torch.float32 else 'bf16'}"
            found[title] = partial(run_layer, chosen, "lstm", steps.to(dtype), layers)
        if chosen.has_int8:
            found[f"genoseq {name}, int8"] = partial(by_integers, name, integers, steps)
    return found


def by_integers(name: str, encoder: IntegerEncoder, steps: Tensor) -> Tensor:
    """Hidden states in int8 by a set of kernels."""
    os.environ[VARIABLE] = name
    return encoder.time_first(steps)


def pytorch(layer: nn.LSTM, steps: Tensor) -> dict[str, Way]:
    """PyTorch's layer, and what torch.compile makes of it."""
    half = nn.LSTM(INPUTS, WIDTH, bidirectional=True)
    half.load_state_dict(layer.state_dict())
    half.bfloat16().eval()
    compiled = torch.compile(layer)
    return {
        "PyTorch, fp32": lambda: layer(steps)[0],
        "PyTorch, bf16": partial(lambda given: half(given)[0], steps.bfloat16()),
        "PyTorch, compiled": lambda: compiled(steps)[0],
    }


def onnx_model(layer: nn.LSTM, rows: int, path: Path) -> None:
    """The layer as a file of ONNX, hidden states of shape (N, 2, B, WIDTH)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def blocks(name: str) -> np.ndarray[Any, Any]:
        """Of both directions, gates in ONNX's order."""
        both = []
        for suffix in ("", "_reverse"):
            given = getattr(layer, f"{name}_l0{suffix}").detach().numpy()
            both.append(np.concatenate([np.split(given, 4)[gate] for gate in ORDER]))
        return np.stack(both)

    bias = np.concatenate([blocks("bias_ih"), blocks("bias_hh")], axis=1)
    weights = {"w": blocks("weight_ih"), "r": blocks("weight_hh"), "b": bias}
    node = helper.make_node(
        "LSTM", ["x", "w", "r", "b"], ["y"], hidden_size=WIDTH, direction="bidirectional"
    )
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, rows, INPUTS])
    told = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2, rows, WIDTH])
    kept = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph([node], "lstm", [given], [told], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, path)


def onnx_runtime(path: Path, steps: Tensor) -> dict[str, Way]:
    """ONNX Runtime, also by its quantisation."""
    import onnxruntime
    from onnxruntime.quantization import quantize_dynamic

    quantized = path.with_name("int8.onnx")
    quantize_dynamic(path, quantized, op_types_to_quantize=["LSTM"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    given = {"x": steps.numpy()}
    ways = {}
    for name, file in (("fp32", path), ("int8", quantized)):
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        ways[f"ONNX Runtime {onnxruntime.__version__}, {name}"] = partial(session.run, None, given)
    return ways


def open_vino(path: Path, steps: Tensor) -> dict[str, Way]:
    """OpenVINO in the formats of its hint."""
    import openvino

    core, ways = openvino.Core(), {}
    for name, hint in (("fp32", "f32"), ("bf16", "bf16")):
        options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": hint}
        made = core.compile_model(core.read_model(path), "CPU", options)
        ways[f"OpenVINO {openvino.__version__.split('-')[0]}, {name}"] = partial(
            made, [steps.numpy()]
        )
    return ways


def states(told: Any) -> np.ndarray[Any, Any]:
    """Hidden states (N, B, 2 * WIDTH) of whatever a way gives back."""
    if isinstance(told, Tensor):
        return told.float().numpy()
    found = told[0]
    return np.moveaxis(found, 1, 2).reshape(len(found), found.shape[2], -1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--steps", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    encoder = RecurrentEncoder(INPUTS, RecurrentSettings(width=WIDTH)).eval()
    layer, steps = encoder.recurrent, torch.randn(asked.steps, asked.rows, INPUTS)
    assert isinstance(layer, nn.LSTM)
    layer.batch_first = False
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        path = Path(folder) / "lstm.onnx"
        onnx_model(layer, asked.rows, path)
        ways = pytorch(layer, steps) | ours(encoder, steps)
        ways |= onnx_runtime(path, steps) | open_vino(path, steps)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        reference = states(ways["PyTorch, fp32"]())
        apart = {name: float(np.abs(states(way()) - reference).max()) for name, way in ways.items()}
        for _ in range(asked.repeats):
            for name, way in ways.items():
                start = time.process_time()
                way()
                seconds[name].append(time.process_time() - start)
    work = 2 * asked.steps * asked.rows * 4 * WIDTH * (INPUTS + WIDTH) / 1e9
    print(f"{processor()}, one thread, {asked.rows} rows of {asked.steps} steps")
    print("| way | G a second | times PyTorch | apart |\n|---|---|---|---|")
    plain = min(seconds["PyTorch, fp32"])
    for name, found in seconds.items():
        best = min(found)
        print(f"| {name} | {work / best:.1f} | {plain / best:.2f} | {apart[name]:.1g} |")


if __name__ == "__main__":
    main()
