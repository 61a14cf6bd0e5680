# A part of swap-agent.sh: whether kube-apiserver takes the new arguments, before anything is touched.

# ---- proof: the new arguments, storage where nobody listens. Nothing is touched.

prove() {
  phase proof
  main=$(find_server "$PORT") || result undone proof "no kube-apiserver listens on port $PORT of this node"
  say 'proving the new arguments: this node'"'"'s kube-apiserver runs with them, without storage'
  has nsenter || result undone proof 'nsenter (util-linux) is not installed'
  set --
  while IFS= read -r argument; do set -- "$@" "$argument"; done <"$DIR/proof.args"
  : >"$SCRATCH/proof"
  # The program and its files as its container sees them.
  nsenter -t "${main% *}" -m -- "$(readlink "/proc/${main% *}/exe")" "$@" >"$SCRATCH/proof" 2>&1 </dev/null &
  child=$!
  tenths=0 settled=0
  while [ "$tenths" -lt 400 ] && kill -0 "$child" 2>/dev/null; do
    # It tells its version once all flags are judged; three seconds more for files and keys that it opens after that.
    if grep -q 'Version: ' "$SCRATCH/proof"; then settled=$((settled + 1)); fi
    if [ "$settled" -ge 30 ]; then break; fi
    tenths=$((tenths + 1))
    sleep 0.1
  done
  if kill -KILL "$child" 2>/dev/null || grep -q 'storage factory' "$SCRATCH/proof"; then
    wait "$child" 2>/dev/null
    return 0
  fi
  wait "$child"
  code=$?
  says=$(words <"$SCRATCH/proof")
  result undone proof "${says:-it ended with code $code and no word}"
}
