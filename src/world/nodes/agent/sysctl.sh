# Values: KEY (as a path below /proc/sys), VALUE.
place=$ROOT/proc/sys/$KEY
[ -f "$place" ] || fail refused "this node has no sysctl $KEY"
if [ "$(cat "$place")" != "$VALUE" ]; then
  printf '%s\n' "$VALUE" >"$place" 2>/dev/null
  [ "$(cat "$place")" = "$VALUE" ] || fail refused "sysctl $KEY does not take $VALUE"
fi
emit 'done'
finish
