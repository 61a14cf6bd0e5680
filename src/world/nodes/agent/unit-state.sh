# Values: UNIT, RESTART (the invocation that shall end; empty: only look). Not waited for: what is restarted may be what carries this very
# script; systemd does it anyway. Sent again because the answer was lost, it finds another invocation and leaves that alone.
need_systemd
if [ -n "$RESTART" ]; then
  runs=$(systemctl show --property InvocationID --value "$UNIT")
  if [ "${runs:-none}" = "$RESTART" ]; then
    systemctl restart --no-block "$UNIT" || fail refused "$UNIT could not be restarted" "On the node: systemctl status $UNIT"
  fi
fi
emit_stream 'done' <<STATE
$(systemctl show --property LoadState,ActiveState,SubState,InvocationID,Job,Result "$UNIT" 2>&1)
STATE
finish
