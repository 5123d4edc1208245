#!/bin/sh
# controller.sh DIR: starts the controller of up.sh DIR, for the first time or again after it was ended.
exec slurmctld -f "$1/slurm.conf"
