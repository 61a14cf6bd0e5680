# The swap itself: a unit of the host runs this, so that nobody's going cuts it off. Before a phase touches anything its name is in
# `phase`; whoever runs this again (ExecStopPost after a kill, boot after a power cut) goes on from there: before the manifest was changed
# it takes everything away again, after that it brings the new instance up or the old one back.
#
# Values: RUN, ID, FILE, BEFORE, AFTER, HOW, PORT, ADDRESS, TABLE (ip or ip6) and FAMILY of that address, SERVICE, SERVICE_PORT,
# STANDIN_PORT, STANDIN_FILE, STANDIN_HASH, PROOF_PORT, NAMESPACE, POD and STANDIN_POD (names with the node's behind), WITHIN (seconds).
DIR=$BASE/$RUN/swap/$ID
UNIT=dualstack-swap-$ID.service
NFT=dualstack_swap
SLICE=kubernetes-dualstack-$ID
SCRATCH=$ROOT/run/dualstack-swap-$ID
SLICES=/apis/discovery.k8s.io/v1/namespaces/default/endpointslices

say() { printf '%s\n' "$1" >>"$DIR/progress"; }
phase() { note "$DIR/phase" "$1" || exit 1; }
now() { date +%s; }

# result KIND STAGE SAYS: the end; nothing of ours is left but the folder with its notes.
result() {
  note "$DIR/result" "$1
$2
$3"
  if [ "$1" != stuck ]; then
    phase 'done'
    drop_units "$UNIT"
  fi
  exit 0
}

# wait_for SECONDS COMMAND …: until it holds.
wait_for() {
  limit=$(($(now) + $1))
  shift
  until "$@"; do
    if [ "$(now)" -ge "$limit" ]; then return 1; fi
    leave_if_stopping
    sleep 0.2
  done
}

# The host goes down: the next boot goes on. To wait for what never comes up again would only hold the host.
leave_if_stopping() {
  case $(systemctl is-system-running 2>/dev/null) in stopping) exit 0 ;; esac
}

# ---- stand-in: the arguments that run now, another port

room_for_two() {
  has nft || return_because 'nft (nftables) is not installed' || return 1
  if nft list chains 2>/dev/null | grep -q 'hook input .*policy drop'; then
    return_because "a firewall of this node drops what it does not know (input policy drop), the stand-in's port $STANDIN_PORT too" || return 1
  fi
  WIDE=1
  rules | nft -c -f - 2>"$SCRATCH/nft" || WIDE=
  rules | nft -c -f - 2>"$SCRATCH/nft" || return_because "nft does not take our rules: $(tail -n 3 "$SCRATCH/nft")" || return 1
  main=$(find_server "$PORT")
  used=$(sed -n 's/^VmRSS: *\([0-9]*\).*/\1/p' "/proc/${main% *}/status")
  free=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
  [ "${free:-0}" -gt $((${used:-0} + ${used:-0} / 4 + 131072)) ] ||
    return_because "too little memory for a second API server: it uses $((${used:-0} / 1024)) MiB, $((${free:-0} / 1024)) MiB are available"
}
return_because() {
  says=$1
  return 1
}

stand_in() {
  phase stand-in
  room_for_two || result undone stand-in "$says"
  say "starting the stand-in on port $STANDIN_PORT, with the arguments that run now"
  content() { cat "$DIR/stand-in"; }
  replace "$STANDIN_FILE" absent "$STANDIN_HASH" 600 0:0 || result undone stand-in "$WHY"
  if ! wait_for 120 ready "$STANDIN_PORT"; then
    says=$(pod_log "$STANDIN_POD")
    take_away_stand_in
    result undone stand-in "${says:-the stand-in was not ready after 120 s}"
  fi
  say 'the stand-in is ready'
}

take_away_stand_in() { replace "$STANDIN_FILE" "$STANDIN_HASH" absent '' '' || say "$WHY"; }

# ---- swap

swap_in() {
  main=$(find_server "$PORT")
  note "$DIR/old-process" "$main"
  phase swap
  content() { cat "$DIR/new"; }
  if ! replace "$FILE" "$BEFORE" "$AFTER" '' ''; then
    says=$WHY
    step_back
    result "$KIND" swap "$says"
  fi
  say 'the new manifest is in place'
  bring_up
}

# The manifest is the new one. Also where a cut-off swap goes on.
bring_up() {
  old=$(cat "$DIR/old-process" 2>/dev/null)
  end_process "$old"
  if wait_for "$WITHIN" came_up "$DIR/new.args"; then
    say 'the new API server is ready'
    note "$DIR/intended" swapped
    step_back
    result swapped '' ''
  fi
  says=$(pod_log "$POD")
  note "$DIR/says" "${says:-the new API server was not ready after $WITHIN s}"
  bring_back
}

# The kubelet has told it to go, and it drains its watches for 30 s with its port closed: nobody needs it any more. Not before it has
# begun to go: the kubelet would start it again with the old arguments.
end_process() {
  if ! alive "$1"; then return 0; fi
  wait_for 45 leaving "$1" || return 0
  sleep 2
  if alive "$1"; then kill -KILL "${1% *}" 2>/dev/null && say 'the old process was ended'; fi
}
leaving() { ! alive "$1" || ! ready "$PORT"; }

# came_up FILE: an instance runs with these arguments, is not the one that goes, and is ready three times in a row.
came_up() {
  main=$(find_server "$PORT") && [ "$main" != "$old" ] || return 1
  if [ -s "$1" ]; then runs "$main" "$1" || return 1; fi
  ready "$PORT" || return 1
  sleep 0.5
  ready "$PORT" || return 1
  sleep 0.5
  ready "$PORT" && [ "$(find_server "$PORT")" = "$main" ]
}

# ---- the old manifest goes back, while the stand-in serves

bring_back() {
  phase undo
  says=$(cat "$DIR/says" 2>/dev/null)
  say 'the new API server did not come up: the old manifest goes back'
  old=$(find_server "$PORT")
  if ! [ "$(hash_of "$ROOT$FILE")" = "$BEFORE" ]; then
    content() { cat "$DIR/old"; }
    replace "$FILE" "$AFTER" "$BEFORE" '' '' || result stuck swap "$WHY, and was left; the API server said: $says"
    sleep 3
    if [ -s "$DIR/old.args" ] && alive "$old" && ! runs "$old" "$DIR/old.args"; then kill -KILL "${old% *}" 2>/dev/null; fi
  else
    old=
  fi
  if ! wait_for 300 came_up "$DIR/old.args"; then
    result stuck swap "the old manifest is back, but its API server was not ready after 300 s; the stand-in goes on serving. The new one had said: $says"
  fi
  note "$DIR/intended" undone
  step_back
  result undone swap "$says"
}

# ---- step back: redirect, slice, stand-in; each may be gone already

step_back() {
  phase step-back
  if [ "$HOW" = plain ]; then return 0; fi
  # After a boot it may take a while. As long as nothing else serves, what stands in stays.
  wait_for 300 ready "$PORT" || result stuck swap 'the main instance does not serve; the stand-in and the redirect were left in place'
  for table in ip ip6; do nft delete table "$table" "$NFT" 2>/dev/null; done
  say 'new connections go to the main instance again'
  wait_for 60 published || say 'the main instance has not published itself'
  wait_for 30 withdraw || say "the EndpointSlice default/$SLICE could not be removed"
  sleep 2
  take_away_stand_in
  say 'the stand-in is gone'
}

# published: the main instance stands in the endpoints itself. Without a reconciler of its own (none) it never did.
published() {
  ask GET "$SLICES/kubernetes" "$PORT"
  [ "$STATUS" = 200 ] && grep -q "\"$ADDRESS\"" "$ANSWER"
}

# ----

exec >>"$DIR/log" 2>&1 </dev/null
if [ -e "$DIR/result" ]; then exit 0; fi
leave_if_stopping
pick_server
case $(cat "$DIR/phase") in
new)
  prove
  if [ "$HOW" = stand-in ]; then
    stand_in
    redirect
  fi
  swap_in
  ;;
proof) result undone proof 'the swap was cut off before anything was touched' ;;
stand-in | redirect)
  step_back
  result undone stand-in 'the swap was cut off before the manifest was changed; all is as it was'
  ;;
swap)
  if [ "$(hash_of "$ROOT$FILE")" = "$AFTER" ]; then bring_up; fi
  step_back
  result undone swap 'the swap was cut off before the manifest was changed; all is as it was'
  ;;
undo) bring_back ;;
step-back)
  step_back
  case $(cat "$DIR/intended" 2>/dev/null) in
  swapped) result swapped '' '' ;;
  undone) result undone swap "$(cat "$DIR/says" 2>/dev/null)" ;;
  *) result undone stand-in 'the swap was cut off before the manifest was changed; all is as it was' ;;
  esac
  ;;
done) drop_units "$UNIT" ;;
esac
exit 0
