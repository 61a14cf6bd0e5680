# What of ours is still under way on this node. Values: START (1: what stopped is started again). A swap goes on from its phase; an armed
# switch is fired: the step it belongs to was not confirmed, and whoever would have confirmed it is gone.
for unit in "$UNITS"/dualstack-swap-*.service "$UNITS"/dualstack-guard-*.service; do
  if [ ! -e "$unit" ]; then continue; fi
  folder=$(sed -n 's|^ExecStart=/bin/sh \(.*\)/agent.sh$|\1|p' "$unit")
  state=$(systemctl is-active "${unit##*/}" 2>/dev/null)
  case $state in
  active | activating | deactivating | reloading) state=busy ;;
  *)
    if [ -n "$START" ]; then
      # A result with a unit left: it could not end well the last time.
      rm -f "$folder/result"
      systemctl daemon-reload
      systemctl start --no-block "${unit##*/}"
      state=busy
    elif [ -e "$folder/result" ]; then
      state=stuck
    fi
    ;;
  esac
  emit unit "${unit##*/}" "$state" "$(sed -n 3p "$folder/result" 2>/dev/null)"
done
# Its file goes a moment before a unit ends.
for name in $(systemctl list-units --no-legend --plain --state=active,activating,deactivating 'dualstack-swap-*' 'dualstack-guard-*.service' | cut -d ' ' -f 1); do
  if [ ! -e "$UNITS/$name" ]; then emit unit "$name" busy ''; fi
done
# One that was killed on the way would be shown as failed until the next boot.
for name in $(systemctl list-units --no-legend --plain --state=failed 'dualstack-swap-*' 'dualstack-guard-*.service' | cut -d ' ' -f 1); do
  if [ ! -e "$UNITS/$name" ]; then systemctl reset-failed "$name"; fi
done
find "$ROOT/run" -maxdepth 1 -type d -name 'dualstack.*' -mmin +60 -exec rm -rf {} + 2>/dev/null
finish
