#!/bin/sh
# Runs a command at seven minutes past every hour, and once at the start: hourly.sh COMMAND [ARGUMENT ...]
# A run that fails does not end it; SIGTERM does: at once when it waits, else after the run.

ended=
trap 'ended=yes' TERM INT
while [ -z "$ended" ]; do
    "$@" || echo "the run ended with exit code $?; the next one goes on from there" >&2
    now=$(date +%s)
    next=$((now + 3600 - (now - 420) % 3600))
    while [ -z "$ended" ] && [ "$(date +%s)" -lt "$next" ]; do
        sleep 2 & # so that a signal is heard in between
        wait $!
    done
done
exit 0 # being told to end is no failure
