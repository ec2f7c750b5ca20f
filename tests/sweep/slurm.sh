#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep as an array of pilots on a Slurm of this one machine, which is started and stopped here.
# It gives the table that the sweep gives alone.
#
#   slurm.sh SLEDSIM ROOT
set -u
sledsim=$(realpath "$1") || exit 99
root=$(realpath "$2") || exit 99
sweep=$root/tests/sweep/many.json

PATH=$PATH:/usr/sbin:/sbin
for program in munged slurmctld slurmd sbatch squeue; do
    if ! command -v $program >/dev/null; then
        echo "skipped: no $program here (Debian: munge slurmctld slurmd slurm-client)"
        exit 77
    fi
done
if [ "$(id -u)" -ne 0 ]; then
    echo "skipped: slurmd runs jobs only as root"
    exit 77
fi

scratch=$(mktemp -d /tmp/slurm-XXXXXX) || exit 99
stop() {
    for name in slurmd slurmctld munged; do
        [ -f "$scratch/$name.pid" ] && kill "$(cat "$scratch/$name.pid")" 2>/dev/null
    done
    sleep 0.5
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99
chmod 755 "$scratch"

# broken WHAT: Slurm itself does not work here.
broken() {
    echo "$1"
    tail -n 5 ./*.log
    exit 1
}

umask 077
dd if=/dev/urandom of=munge.key bs=64 count=1 2>/dev/null
umask 022
munged --force --key-file="$scratch/munge.key" --socket="$scratch/munge.socket" \
    --pid-file="$scratch/munged.pid" --log-file="$scratch/munged.log" \
    --seed-file="$scratch/munge.seed" >/dev/null 2>&1 || broken "munged does not start"

host=$(hostname -s 2>/dev/null || hostname)
port=$((20000 + $$ % 20000))
mkdir state spool
cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$scratch/munge.socket
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=10 State=UP
END
export SLURM_CONF="$scratch/slurm.conf"
slurmctld >/dev/null 2>&1 || broken "slurmctld does not start"
slurmd >/dev/null 2>&1 || broken "slurmd does not start"

"$sledsim" sweep "$sweep" -j 1 --out calm --format none || exit 1

tries=0
until sinfo -h -o %t 2>/dev/null | grep -q idle; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || broken "the node does not become idle: $(sinfo -h 2>&1)"
    sleep 0.3
done
export SLEDSIM="$sledsim"
job=$(sbatch --parsable --array=0-3 --output="$scratch/pilot-%a.txt" "$root/scripts/sweep.sbatch" \
    "$sweep" "$scratch/array") || broken "sbatch does not take the job"
echo "job $job"

tries=0
while squeue -h -j "$job" 2>/dev/null | grep -q .; do
    tries=$((tries + 1))
    [ $tries -lt 400 ] || broken "the job does not end: $(squeue -h)"
    sleep 0.3
done
cat pilot-*.txt
ls array/workers | wc -l
for table in results.jsonl results.csv results.sqlite; do
    cmp "calm/$table" "array/$table" || exit 1
done
echo "four pilots on Slurm: the same table"
