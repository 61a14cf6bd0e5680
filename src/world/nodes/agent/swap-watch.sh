# How far a swap is. Values: RUN, ID, SEEN (lines of progress known already).
DIR=$BASE/$RUN/swap/$ID
UNIT=dualstack-swap-$ID.service
if [ ! -e "$DIR/phase" ]; then
  emit 'done' unknown
  finish
fi
if [ ! -e "$DIR/result" ]; then
  case $(systemctl is-active "$UNIT" 2>/dev/null) in
  active | activating | deactivating | reloading) ;;
  *)
    # Cut off before it was started, or killed twice: on with it, from the phase it had reached.
    if [ -e "$UNITS/$UNIT" ]; then
      systemctl daemon-reload
      systemctl start --no-block "$UNIT"
    elif [ ! -e "$DIR/result" ]; then
      emit 'done' lost
      finish
    fi
    ;;
  esac
fi
tail -n "+$((SEEN + 1))" "$DIR/progress" | emit_stream progress
if [ -e "$DIR/result" ]; then
  emit_stream result <"$DIR/result"
  # A unit that was killed on the way would be shown as failed until the next boot.
  if [ ! -e "$UNITS/$UNIT" ]; then systemctl reset-failed "$UNIT" 2>/dev/null; fi
fi
emit 'done' "$(cat "$DIR/phase")"
finish
