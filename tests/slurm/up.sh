#!/bin/sh
# up.sh DIR PORT: a Slurm of two nodes on this machine, on the loopback alone: no systemd, cgroup or data base.
# Afterwards SLURM_CONF=DIR/slurm.conf is what its commands go by; down.sh DIR ends it.
set -eu
dir=$1
port=$2
user=$(id -un)
for sub in state spool log munge; do mkdir -p "$dir/$sub"; done
chmod 700 "$dir/munge"
dd if=/dev/urandom of="$dir/munge/key" bs=1024 count=1 2>/dev/null
chmod 400 "$dir/munge/key"
munged --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
  --log-file="$dir/log/munged" --seed-file="$dir/munge/seed"
cat >"$dir/slurm.conf" <<CONF
ClusterName=sweeps
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
SlurmUser=$user
SlurmdUser=$user
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld
SlurmdLogFile=$dir/log/slurmd-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1
KillWait=5
# Small, so that eight trials are more than one array takes.
MaxArraySize=7
NodeName=a NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 RealMemory=1000 State=UNKNOWN
NodeName=b NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=short Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
"$(dirname "$0")/controller.sh" "$dir"
for node in a b; do slurmd -N "$node" -f "$dir/slurm.conf"; done
export SLURM_CONF="$dir/slurm.conf"
for _ in $(seq 80); do
  [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 2 ] && exit 0
  sleep 0.25
done
echo "the two nodes did not come up; their logs are in $dir/log" >&2
exit 1
