#!/bin/sh
# Runs a command at seven minutes past every hour, and once at the start: hourly.sh COMMAND [ARGUMENT ...]
# A run that fails does not end it; SIGTERM does: at once when it waits, else after the run. A run that takes longer
# than 55 minutes (or LONGEST_RUN) is ended; the next one goes on from there.

ended=
trap 'ended=yes' TERM INT
while [ -z "$ended" ]; do
    timeout --kill-after=60 "${LONGEST_RUN:-55m}" "$@" || echo "the run ended with exit code $?; the next one goes on from there" >&2
    ! command -v forget-runs.sh >/dev/null || sh "$(command -v forget-runs.sh)" # in the image
    now=$(date +%s)
    next=$((now + 3600 - (now - 420) % 3600))
    while [ -z "$ended" ] && [ "$(date +%s)" -lt "$next" ]; do
        sleep 2 & # so that a signal is heard in between
        wait $!
    done
done
exit 0 # being told to end is no failure
