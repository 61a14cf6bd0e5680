# Values: RUN, STEP, ID.
DIR=$BASE/$RUN/guard/$STEP
if mv "$DIR/armed" "$DIR/confirmed" 2>/dev/null; then
  persist "$DIR"
  drop_units "$ID.timer" "$ID.service"
  # The copies have done their work; what stood there before the run is kept in files/.
  find "$DIR" -type f -name '[0-9]*' -exec rm -f {} +
  emit 'done' confirmed
elif [ -e "$DIR/confirmed" ]; then
  drop_units "$ID.timer" "$ID.service"
  emit 'done' confirmed
elif [ -e "$DIR/reverting" ] || [ -e "$DIR/reverted" ]; then
  emit 'done' reverted "$(cat "$DIR/said" 2>/dev/null)"
else
  emit 'done' unknown
fi
finish
