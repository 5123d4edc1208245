#!/bin/sh
# down.sh DIR: ends what up.sh DIR has started.
SLURM_CONF=$1/slurm.conf scancel --user "$(id -un)" 2>/dev/null
sleep 0.5
for file in "$1"/slurmd-*.pid "$1/slurmctld.pid" "$1/munge/pid"; do
  [ -s "$file" ] && kill "$(cat "$file")"
done
# Until the last of them has taken its file away.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  ls "$1"/*.pid "$1/munge/pid" >/dev/null 2>&1 || break
  sleep 0.3
done
exit 0
