# Arms the dead man's switch. Values: RUN, STEP, ID, PATHS (one a line), UNIT (or empty), WITHIN (seconds), AGENT (base64: what the
# unit runs). The switch is a folder, and a marker in it that only ever changes by rename: who renames `armed` first, has won.
DIR=$BASE/$RUN/guard/$STEP
need_systemd

if [ -e "$DIR/reverting" ] && [ -e "$UNITS/$ID.service" ]; then fail busy 'the switch of this step is putting files back right now' 'Try again in a minute.'; fi
if [ ! -e "$DIR/armed" ]; then
  rm -rf "$DIR.new"
  mkdir -p "$DIR.new" || fail refused "$DIR could not be made" 'Is there space below /var/lib?'
  printf '%s' "$AGENT" | base64 -d >"$DIR.new/agent.sh"
  count=0
  IFS='
'
  set -f
  for path in $PATHS; do
    count=$((count + 1))
    hash=$(hash_of "$ROOT$path")
    case $hash in
    link | other) fail refused "$path is not a plain file, and would not be put back" ;;
    absent) printf '%s absent - - %s\n' "$count" "$path" >>"$DIR.new/list" ;;
    *)
      cat "$ROOT$path" >"$DIR.new/$count" && [ "$(hash_of "$DIR.new/$count")" = "$hash" ] ||
        fail refused "$path could not be copied to $DIR" 'Is there space below /var/lib?'
      printf '%s %s %s %s\n' "$count" "$hash" "$(stat -c '%a %u:%g' "$ROOT$path")" "$path" >>"$DIR.new/list"
      ;;
    esac
  done
  set +f
  unset IFS
  : >>"$DIR.new/list"
  printf '%s\n' "$UNIT" >"$DIR.new/unit"
  : >"$DIR.new/armed"
  persist "$DIR.new"/*
  persist "$DIR.new"
  rm -rf "$DIR"
  mv "$DIR.new" "$DIR" && persist "${DIR%/*}" || fail refused "$DIR could not be made"
fi

# At boot what was not confirmed goes back at once, before the kubelet reads it. While the node runs, a monotonic clock counts: one that is
# set in between, or starts in 1970, changes nothing.
cat >"$UNITS/$ID.service" <<UNIT
[Unit]
Description=Puts files back that kubectl-dualstack changed and nobody confirmed
After=local-fs.target
Before=kubelet.service

[Service]
Type=oneshot
ExecStart=/bin/sh $DIR/agent.sh
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
UNIT
cat >"$UNITS/$ID.timer" <<UNIT
[Unit]
Description=Deadline of $ID.service

[Timer]
OnActiveSec=$WITHIN
AccuracySec=1s
Unit=$ID.service
UNIT
chmod 644 "$UNITS/$ID.service" "$UNITS/$ID.timer"
persist "$UNITS/$ID.service" "$UNITS/$ID.timer"
enable_unit "$ID.service" && systemctl restart "$ID.timer" && systemctl is-active --quiet "$ID.timer" ||
  fail systemd "$ID.timer could not be started" "On the node: systemctl status $ID.timer"
emit 'done' armed
finish
