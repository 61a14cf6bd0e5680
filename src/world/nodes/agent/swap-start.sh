# Puts everything a swap needs on the node and starts its unit. May be sent again: a swap that was started is not started twice.
# Values: RUN, ID, FILE, BEFORE, NEW, STANDIN (texts in base64), NEW_ARGS, OLD_ARGS, PROOF_ARGS (one a line), AGENT (base64).
DIR=$BASE/$RUN/swap/$ID
UNIT=dualstack-swap-$ID.service
if [ -e "$DIR/phase" ]; then
  emit 'done' started
  finish
fi
need_systemd
for unit in "$UNITS"/dualstack-swap-*.service; do
  if [ -e "$unit" ] && [ "${unit##*/}" != "$UNIT" ]; then fail busy "${unit##*/} is under way on this node" 'Wait until it has ended.'; fi
done
# Empty where arguments cannot be compared.
lines() { if [ -n "$1" ]; then printf '%s\n' "$1"; fi; }
expect "$FILE" "$BEFORE" || fail "$KIND" "$WHY"
keep "$FILE" || fail refused "$FILE could not be backed up to $BASE/$RUN" 'Is there space below /var/lib?'

rm -rf "$DIR"
mkdir -p "$DIR" || fail refused "$DIR could not be made" 'Is there space below /var/lib?'
{
  cat "$ROOT$FILE" >"$DIR/old" && [ "$(hash_of "$DIR/old")" = "$BEFORE" ] &&
    printf '%s' "$NEW" | base64 -d >"$DIR/new" &&
    printf '%s' "$STANDIN" | base64 -d >"$DIR/stand-in" &&
    printf '%s' "$AGENT" | base64 -d >"$DIR/agent.sh" &&
    lines "$NEW_ARGS" >"$DIR/new.args" &&
    lines "$OLD_ARGS" >"$DIR/old.args" &&
    printf '%s\n' "$PROOF_ARGS" >"$DIR/proof.args" &&
    : >"$DIR/progress" && persist "$DIR"/*
} || fail refused "$DIR could not be written" 'Is there space below /var/lib?'

# ExecStopPost runs however ExecStart ended, killed too; at boot ExecStart goes on from the phase it finds. Both are the same agent.
cat >"$UNITS/$UNIT" <<TEXT
[Unit]
Description=Swaps a static pod for kubectl-dualstack, and ends or undoes a swap that was cut off
After=local-fs.target network.target containerd.service crio.service docker.service

[Service]
Type=simple
ExecStart=/bin/sh $DIR/agent.sh
ExecStopPost=/bin/sh $DIR/agent.sh
TimeoutStopSec=900

[Install]
WantedBy=multi-user.target
TEXT
chmod 644 "$UNITS/$UNIT"
persist "$UNITS/$UNIT"
note "$DIR/phase" new
enable_unit "$UNIT" && systemctl start --no-block "$UNIT" || fail systemd "$UNIT could not be started" "On the node: systemctl status $UNIT"
emit 'done' started
finish
