#!/usr/bin/env bash
set -euo pipefail

usage() {
    cat <<'END'
Try and measure genoseq on a GPU, in 8 minutes at most, and write a report to paste into the docs.

    bash benchmarks/gpu.sh [--cpu] [--out gpu-report.txt]

  --cpu       only what a CPU can do, at small sizes, in about 2 minutes; so too where torch sees no GPU
  --out FILE  the report; by default gpu-report.txt in the working folder
  --help      this text

Needs torch, triton, numpy, pydantic and safetensors, no network, and no installed genoseq.
The environment variable PYTHON names the interpreter, by default python3.
Each part has a time limit of its own. One that fails is reported as FAILED with its last lines, the
others run all the same, and the status is 1. What could not run is "not measured", with the reason.
END
}

report=gpu-report.txt
device=
while [ $# -gt 0 ]; do
    case $1 in
        --cpu) device=cpu ;;
        --out)
            [ $# -gt 1 ] || { echo "gpu.sh: --out needs a file" >&2; exit 2; }
            report=$2
            shift
            ;;
        --help | -h) usage; exit 0 ;;
        *) echo "gpu.sh: unknown option $1; see --help" >&2; exit 2 ;;
    esac
    shift
done

case $report in /*) ;; *) report=$PWD/$report ;; esac
cd "$(dirname "$0")/.."
export PYTHONPATH="$PWD:$PWD/tests${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
python=${PYTHON:-python3}
look='import torch; print("cuda" if torch.cuda.is_available() else "cpu")'
reason="--cpu was asked for"
if [ -z "$device" ]; then
    device=$("$python" -c "$look") || { echo "gpu.sh: $python cannot import torch" >&2; exit 2; }
    reason="no CUDA device"
fi

output=$(mktemp)
trap 'rm -f "$output"' EXIT
failures=0
: >"$report"

say() { printf '%s\n' "$@" | tee -a "$report"; }

# measure TITLE SECONDS COMMAND...: run a part, and put what it printed and how it ended into the report.
measure() {
    local title=$1 seconds=$2 status=0
    shift 2
    say "" "== $title ==" "\$ $(printf '%q ' "$@")" ""
    timeout --kill-after=5 "$seconds" "$@" >"$output" 2>&1 || status=$?
    if [ $status -eq 0 ]; then
        say "$(cat "$output")"
        return
    fi
    failures=$((failures + 1))
    # What was measured before is kept; of an error, its end says most.
    say "$(tail -n 100 "$output")"
    if [ $status -eq 124 ] || [ $status -eq 137 ]; then
        say "FAILED: stopped after $seconds seconds"
    else
        say "FAILED: exit status $status"
    fi
}

# skip TITLE REASON
skip() { say "" "== $1 ==" "$2"; }

# sanitize TOOL SECONDS CHECK...: small forward and backward passes under compute-sanitizer.
sanitize() {
    local tool=$1 seconds=$2
    shift 2
    if ! command -v compute-sanitizer >/dev/null; then
        skip "compute-sanitizer, $tool" "not run: compute-sanitizer not found"
        return
    fi
    # Without torch's cache each tensor is an allocation, past whose end memcheck can see.
    measure "compute-sanitizer, $tool" "$seconds" env PYTORCH_NO_CUDA_MEMORY_CACHING=1 \
        compute-sanitizer --tool "$tool" --error-exitcode 1 --report-api-errors no \
        "$python" -m kernels.device --device cuda --dtypes bfloat16 --only "$@"
}

on_gpu() { # limits: 445 seconds in all
    measure "Environment" 15 "$python" benchmarks/gpu_environment.py
    measure "Attention operator: checks of the Triton kernels on the GPU" 139 \
        "$python" -m kernels.device --device cuda --jobs 8
    sanitize memcheck 55 "short documents" "short documents, keys of other tokens"
    sanitize racecheck 45 "short documents"
    measure "Attention: time and memory" 65 \
        "$python" benchmarks/attention.py --device cuda --widths 64 --window 64 1024 --lengths 4096 16384 65536 \
        --only genoseq "SDPA flash" "SDPA cuDNN" flash-attn --seconds 50
    measure "Attention: FlexAttention" 58 \
        "$python" benchmarks/attention.py --device cuda --widths 64 --window 64 1024 --lengths 4096 16384 65536 \
        --only FlexAttention --seconds 35
    measure "Training step and scoring" 68 "$python" benchmarks/gpu_models.py --device cuda --seconds 1
}

on_cpu() {
    export OMP_NUM_THREADS=1
    measure "Environment" 60 "$python" benchmarks/gpu_environment.py
    measure "Attention operator: checks of the PyTorch reference on the CPU" 120 \
        "$python" -m kernels.device --device cpu --dtypes bfloat16 \
        --only backend "short documents" "short documents, keys of other tokens" \
        "nan in the second document" autocast
    measure "Attention: time and memory on the CPU, small" 120 \
        "$python" benchmarks/attention.py --device cpu --window 16 --lengths 512 --heads 2 --threads 1 \
        --only genoseq "SDPA dense mask" --seconds 60
    measure "Training step and scoring on the CPU, small" 120 \
        "$python" benchmarks/gpu_models.py --device cpu --small --seconds 0.05
    local part
    for part in "Attention operator: checks of the Triton kernels on the GPU" "compute-sanitizer, memcheck" \
        "compute-sanitizer, racecheck" "Attention: time and memory" "Attention: FlexAttention" \
        "Training step and scoring"; do
        skip "$part" "not measured: $reason"
    done
}

say "genoseq on a GPU: the report of benchmarks/gpu.sh" \
    "Commands run in the repository with PYTHONPATH=.:tests"
if [ "$device" = cuda ]; then on_gpu; else on_cpu; fi
say ""
if [ "$failures" -gt 0 ]; then
    say "parts that FAILED: $failures"
    exit 1
fi
say "no part failed"
