# Values: UNIT, RESTART (1: restart it first). Not waited for: what is restarted may be what carries this very script; systemd does it anyway.
need_systemd
if [ -n "$RESTART" ]; then
  systemctl restart --no-block "$UNIT" || fail refused "$UNIT could not be restarted" "On the node: systemctl status $UNIT"
fi
emit_stream 'done' <<STATE
$(systemctl show --property LoadState,ActiveState,SubState,InvocationID,Job,Result "$UNIT" 2>&1)
STATE
finish
