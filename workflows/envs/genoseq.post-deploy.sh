# Runs in the folder that `snakemake` was started in: the clone.
set -o pipefail
pip install ".[demo]"
