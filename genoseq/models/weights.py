"""Named tensors as the bytes of a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor


def weights_bytes(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """A safetensors file of tensors from any device; what two names share is in it twice."""
    written: dict[str, Tensor] = {}
    memory: set[int] = set()
    for name, tensor in tensors.items():
        whole = tensor.detach().cpu().contiguous()
        address = whole.untyped_storage().data_ptr()
        # Safetensors refuses tensors that share memory, as those of tied layers do.
        written[name] = whole.clone() if address in memory else whole
        memory.add(address)
    return save(written, metadata)
