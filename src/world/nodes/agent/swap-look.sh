# What a swap must know before it is started. Values: FILE, BEFORE, AFTER, PORT.
emit hash "$(hash_of "$ROOT$FILE")"
for unit in "$UNITS"/dualstack-swap-*.service; do
  if [ -e "$unit" ]; then emit running "${unit##*/}"; fi
done
if [ -f "$ROOT$FILE" ]; then emit_stream text <"$ROOT$FILE"; fi
stand=$(free_port $((PORT + 1))) && proof=$(free_port $((stand + 1))) && emit ports "$stand" "$proof"
finish
