#!/bin/sh
# Runs a command with the token file out of a secret, and puts the file back when the run has renewed it.
#
#   TOKENS=CONTENT TAP_SOLAREDGE_TOKEN_FILE=FILE keep-login.sh STORE COMMAND [ARGUMENT ...]
#
# TOKENS  what the secret holds: the content of a token file
# STORE   a command that writes its standard input into the secret, such as "gh secret set SOLAREDGE_TOKENS"
#
# The exit code is that of the command; 1 when the new tokens could not be stored.
set -eu
umask 077

store=$1
shift
file=${TAP_SOLAREDGE_TOKEN_FILE:?names no file}
before=${TOKENS:?is empty: run tap-solaredge login once and put the token file into the secret}
unset TOKENS
mkdir -p "$(dirname "$file")"
printf '%s' "$before" >"$file"

"$@" &
command=$!
trap 'kill "$command" 2>/dev/null || true' INT TERM HUP
code=0
wait "$command" || code=$?
if kill -0 "$command" 2>/dev/null; then # a signal has ended the first wait
    wait "$command" || code=$?
fi
if command -v flock >/dev/null; then # a renewal outlives the run that asked for it
    flock "$file.lock" true
fi

if ! printf '%s' "$before" | cmp -s - "$file"; then
    if ! sh -c "$store" <"$file"; then
        echo "The renewed login could not be stored; the next run needs a new login. It is kept in $file" >&2
        exit 1
    fi
fi
rm -f "$file"
exit "$code"
