#!/usr/bin/env bash
# Runs the check that action.yml describes; leaves the exit code as an output, the table as summary.
set -uo pipefail
options=(--suite "$SUITE" --preset "$PRESET" --baseline "$BASELINE" --slower "$SLOWER"
    --tolerance "$TOLERANCE" --out results/check)
[ -n "${SEEDS:-}" ] && options+=(--seeds "$SEEDS")
[ -n "${JOBS:-}" ] && options+=(--jobs "$JOBS")
[ -n "${ESTIMATORS:-}" ] && options+=(--estimators "$ESTIMATORS")
[ -n "${MANIFOLDS:-}" ] && options+=(--manifolds "$MANIFOLDS")
[ -n "${PLUGIN:-}" ] && options+=(--plugin "$PLUGIN")
[ "${STRICT:-}" = true ] && options+=(--strict)
[ "${NEW:-}" = true ] && options+=(--new)
# The command, since python -m would find a folder "bench" or "estimators" of the caller's first.
id-bench check "${options[@]}"
result=$?
[ -f results/check/check.md ] && cat results/check/check.md >> "$GITHUB_STEP_SUMMARY"
id-bench report --out results/check || true
echo "result=$result" >> "$GITHUB_OUTPUT"
