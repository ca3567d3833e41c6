# Runs in the folder that `snakemake` was started in: the clone, or one that `genoseq init` made.
set -o pipefail
if grep -qs '^name = "genoseq"' pyproject.toml; then
    pip install ".[demo]"
else
    pip install "genoseq[demo]"
fi
