"""Writes a digest of deflated sections, for test_bbi.py: another process's memory is another."""

import hashlib
import sys

import numpy as np

from genoseq.writers.bbi import compress


def main() -> None:
    """Deflate short sections one after another."""
    rng = np.random.default_rng(3)
    digest = hashlib.sha256()
    for number in range(4_000):
        count = int(rng.integers(10, 1_500))
        if number % 3 == 0:
            values = np.round(rng.random(count).astype(np.float32) ** 4, 3).astype(np.float32)
            data = rng.bytes(24) + values.tobytes()
        elif number % 3 == 1:
            starts = np.cumsum(rng.integers(1, 3, 3 * count)).astype(np.uint32)
            data = rng.bytes(24) + starts.tobytes()
        else:
            data = rng.integers(0, 4, 8 * count, dtype=np.uint8).tobytes()
        digest.update(compress(data))
    sys.stdout.write(digest.hexdigest())


if __name__ == "__main__":
    main()
