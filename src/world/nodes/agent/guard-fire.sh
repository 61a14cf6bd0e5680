# What the switch runs at its deadline, at boot, or when it is told to. Values: RUN, STEP, ID, UNIT.
DIR=$BASE/$RUN/guard/$STEP

# Ours to put back: a text that this run wrote. What is neither that nor the old text was edited by somebody since, and stays.
put_back() {
  now=$(hash_of "$ROOT$5")
  [ "$now" = "$2" ] && return 0
  if ! grep -qxF "$now" "$BASE/$RUN/ours$5" 2>/dev/null; then
    echo "left $5: somebody else changed it since"
    return 0
  fi
  copy=$DIR/$1
  # Before the first file, so that a power cut between file and restart does not lose the restart.
  note "$DIR/restart" "$UNIT"
  if replace "$5" "$now" "$2" "$3" "$4"; then echo "put back $5"; else echo "could not put back $5: $WHY"; fi
}
content() { cat "$copy"; }

# Not waited for: this very service stands before the kubelet, so that at boot its files are back first, and systemd starts it when we are
# through. At boot it is inactive, and on its way; a unit that somebody stopped stays stopped.
restart_unit() {
  case $(systemctl is-active "$1" 2>/dev/null) in
  active | activating | reloading | failed | deactivating)
    if systemctl restart --no-block "$1"; then echo "restarted $1"; else echo "could not restart $1"; fi
    ;;
  *) echo "$1 is not running" ;;
  esac
}

if mv "$DIR/armed" "$DIR/reverting" 2>/dev/null || [ -e "$DIR/reverting" ]; then
  {
    while read -r count hash mode owner path; do put_back "$count" "$hash" "$mode" "$owner" "$path"; done <"$DIR/list"
    if [ -n "$UNIT" ] && [ -e "$DIR/restart" ]; then restart_unit "$UNIT"; fi
  } >"$DIR/said" 2>&1 </dev/null
  rm -f "$DIR/restart"
  # The units go first: whoever sees `reverted` may arm the same switch again at once.
  drop_units "$ID.timer" "$ID.service"
  mv "$DIR/reverting" "$DIR/reverted"
  persist "$DIR"
elif [ ! -e "$DIR/armed" ]; then
  drop_units "$ID.timer" "$ID.service"
fi
exit 0
