#!/bin/sh
# Runs a command for one shard of a fleet: every Nth site of a list goes into TAP_SOLAREDGE_SITE_IDS.
#
#   shard.sh SITES SHARD SHARDS COMMAND [ARGUMENT ...]
#
# SITES   a file with one site id per line; a site that joins at its end moves no other site
# SHARD   0 to SHARDS - 1
set -eu

sites=$1 shard=$2 shards=$3
shift 3
ids=$(awk -v shard="$shard" -v shards="$shards" 'NF && n++ % shards == shard { printf "%s%s", comma, $1; comma = "," }' "$sites")
if [ -z "$ids" ]; then
    echo "shard $shard of $shards has no site: $sites is too short" >&2
    exit 1
fi
TAP_SOLAREDGE_SITE_IDS="[$ids]" exec "$@"
