# Containers of the system's namespaces: what the runtime says of them, and the ends of their newest logs. Values: LINES, BYTES, NAMES (extended
# regular expression on namespaces). Only reads; a runtime that hangs costs its timeout and no more.

runtime() {
  if has timeout; then timeout 10 crictl "$@" 2>/dev/null; else crictl "$@" 2>/dev/null; fi
}

emit now "$(date +%s)"
if has crictl; then
  runtime ps -a -o json | emit_stream crictl
  for id in $(runtime ps -a --state exited -q | head -n 40); do
    runtime inspect -o json "$id" | grep -E '"(exitCode|finishedAt|reason)":' | head -n 4 | emit_stream exited "$id"
  done
fi

# The two newest attempts of each container: the newest may have started a moment ago, and the reason stands in the one before it.
for folder in "$ROOT"/var/log/pods/*/*; do
  [ -d "$folder" ] || continue
  pod=${folder%/*} pod=${pod##*/}
  printf '%s\n' "${pod%%_*}" | grep -Eqx "$NAMES" || continue
  # shellcheck disable=SC2012 # names are the kubelet's: no spaces
  for log in $(ls -t "$folder"/*.log 2>/dev/null | head -n 2); do
    tail -n "$LINES" "$log" 2>/dev/null | tail -c "$BYTES" | emit_stream log "$pod" "${folder##*/}" "${log##*/}"
  done
done
finish
