#!/usr/bin/env bash
# check.sh SEQSCOPE: a sweep of eight trials on a Slurm of two nodes: one trial is killed, one runs into its time
# limit, the controller is away for a while; what comes of it equals the same sweep trained here.
set -euo pipefail
seqscope=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
trap 'status=$?; "$here/down.sh" "$dir" || true; [ $status = 0 ] || tail -n 40 "$dir"/runs/sweeps/*/slurm/*.txt "$dir/log/slurmctld" || true; rm -rf "$dir"; exit $status' EXIT
export SEQSCOPE_CACHE=off
"$here/up.sh" "$dir" "$port" || { echo "skipped: no Slurm comes up on this machine"; exit 0; }
export SLURM_CONF=$dir/slurm.conf
cd "$here/.."

sweep() { "$seqscope" --runs "$dir/runs" sweep "$@"; }

wait_until() { # SECONDS COMMAND…
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { echo "waited in vain for: $*" >&2; return 1; }
    sleep 0.3
  done
}

nothing_is_queued() { [ -z "$(squeue --me -h 2>/dev/null)" ]; }

begun() { ls "$dir"/runs/sweeps/*/trials/*.ron >/dev/null 2>&1; }

echo "what is refused"
! sweep slurm/sweep.ron --on slurm --partition nowhere 2>"$dir/refused"
grep -q "took no trial" "$dir/refused" && grep -q "sinfo" "$dir/refused"
! SEQSCOPE_KEY=0123456789abcdef0123456789abcdef sweep slurm/sweep.ron --on slurm 2>"$dir/refused"
grep -q "key-file" "$dir/refused"
rm -rf "$dir/runs"

echo "eight trials in two arrays, two at a time"
sweep slurm/sweep.ron --on slurm --cpus 1 --at-once 2 --time 5
! grep -rq "SEQSCOPE_KEY" "$dir/runs/sweeps"
ls "$dir"/runs/sweeps/*/slurm/job-*.sh | wc -l | grep -qx 2

echo "one is killed, one is told that its time is up, and the controller goes away"
running() { squeue --me -h -r -t R -o '%F_%K' 2>/dev/null | sort; }

# Sends a signal to a task that runs, until one has felt it: a task may end just before.
kill_one() {
  local job
  job=$(running | head -n 1)
  [ -z "$job" ] || scancel --signal=KILL --batch "$job" 2>/dev/null || true
  sleep 0.7
  grep -q 'WTERMSIG 9' "$dir/log/slurmctld"
}
pause_one() {
  local job
  job=$(running | tail -n 1)
  [ -z "$job" ] || scancel --signal=TERM --batch "$job" 2>/dev/null || true
  sleep 0.7
  grep -hqs '^paused' "$dir"/runs/sweeps/*/slurm/*.txt
}
wait_until 60 begun
wait_until 40 kill_one
wait_until 40 pause_one
kill "$(cat "$dir/slurmctld.pid")"
sleep 2
"$here/controller.sh" "$dir"
wait_until 30 sinfo -h >/dev/null
wait_until 120 nothing_is_queued

echo "what is left is submitted again"
for _ in 1 2 3 4 5 6 7 8; do
  sweep last --status --json >"$dir/status"
  ! grep -q '"is_done":true' "$dir/status" || break
  sweep last --again --on slurm --cpus 1
  wait_until 120 nothing_is_queued
done
grep -q '"is_done":true' "$dir/status"
grep -q '"best_of":8' "$dir/status"

echo "and equals what is trained here"
"$seqscope" --runs "$dir/here" sweep slurm/sweep.ron --json >"$dir/here.json"
python3 - "$dir/status" "$dir/here.json" <<'PY'
import json, sys
slurm, here = (json.loads(open(path).read().strip().splitlines()[-1]) for path in sys.argv[1:])
told = lambda of: [(t["trial"], t["settings"], t["state"], t["epochs"], t["valid_of_seeds"]) for t in of["trials"]]
assert told(slurm) == told(here), (told(slurm), told(here))
assert slurm["best"] == here["best"] and len(here["trials"]) == 8
print("eight trials, the same figures; the best is", here["best"])
PY
