# Takes the copies of old runs away. Values: KEEP (how many of the newest stay). Folders of runs begin with their time, so their names sort by
# it; nothing else below $BASE is touched, nor a run of which something is still under way.
under_way() {
  for unit in "$UNITS"/dualstack-swap-*.service "$UNITS"/dualstack-guard-*.service; do
    if [ -e "$unit" ] && grep -qF "$1/" "$unit"; then return 0; fi
  done
  for mark in "$1"/guard/*/armed "$1"/guard/*/reverting; do
    if [ -e "$mark" ]; then return 0; fi
  done
  return 1
}

set --
for folder in "$BASE"/[0-9]*T[0-9]*Z-*; do
  if [ -d "$folder" ] && [ ! -L "$folder" ]; then set -- "$@" "$folder"; fi
done
while [ $# -gt "$KEEP" ]; do
  if ! under_way "$1"; then
    rm -rf "$1" && emit pruned "${1##*/}"
  fi
  shift
done
finish
