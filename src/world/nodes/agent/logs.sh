# Values: POD or UNIT, LINES.
if [ -n "$UNIT" ]; then
  journalctl --no-pager -o short-iso -n "$LINES" -u "$UNIT" 2>&1 | emit_stream 'done'
  finish
fi
# shellcheck disable=SC2012 # names are the kubelet's: no spaces
newest=$(ls -t "$ROOT"/var/log/pods/*_"$POD"_*/*/*.log 2>/dev/null | head -n 1)
if [ -n "$newest" ]; then
  tail -n "$LINES" "$newest" | sed 's/^[0-9T:.+Z-]* std[a-z]* [FP] //' | emit_stream 'done'
elif has crictl; then
  id=$(crictl ps -a --label "io.kubernetes.pod.name=$POD" -q 2>/dev/null | head -n 1)
  if [ -n "$id" ]; then crictl logs --tail "$LINES" "$id" 2>&1 | emit_stream 'done'; else emit 'done' ''; fi
else
  emit 'done' ''
fi
finish
