# Values: RUN, FILE, BEFORE, AFTER, TEXT (base64), MODE.
content() { printf '%s' "$TEXT" | base64 -d; }

if [ "$(hash_of "$ROOT$FILE")" = "$AFTER" ]; then
  rm -f "$ROOT${FILE%/*}/.${FILE##*/}.dualstack"
  emit 'done' already
  finish
fi
expect "$FILE" "$BEFORE" || fail "$KIND" "$WHY"
keep "$FILE" || fail refused "$FILE could not be backed up to $BASE/$RUN" 'Is there space below /var/lib?'
replace "$FILE" "$BEFORE" "$AFTER" "$MODE" '' || fail "$KIND" "$WHY"
emit 'done' written
finish
