# Values: RUN, STEP, ID, FIRE (1: fire it now).
DIR=$BASE/$RUN/guard/$STEP
if [ -n "$FIRE" ] && { [ -e "$DIR/armed" ] || [ -e "$DIR/reverting" ]; }; then
  # Not waited for: what is restarted may be what carries this very script.
  systemctl start --no-block "$ID.service" || fail systemd "$ID.service could not be started" "On the node: systemctl status $ID.service"
fi
# The power went between the last two things that a firing switch does: all is back.
if [ -e "$DIR/reverting" ] && [ ! -e "$UNITS/$ID.service" ]; then mv "$DIR/reverting" "$DIR/reverted" 2>/dev/null; fi
# All is back when what was restarted has come through that.
unit=$(cat "$DIR/unit" 2>/dev/null)
if [ -e "$DIR/reverted" ] && [ -n "$unit" ]; then
  case $(systemctl show --property Job --value "$unit" 2>/dev/null) in
  '' | 0) ;;
  *)
    emit 'done' reverting
    finish
    ;;
  esac
fi
for marker in armed reverting reverted confirmed; do
  if [ -e "$DIR/$marker" ]; then
    emit 'done' "$marker" "$(cat "$DIR/said" 2>/dev/null)"
    finish
  fi
done
emit 'done' unknown
finish
