# A part of swap-agent.sh: new connections go to the stand-in, on this node by nftables, on all others because nothing changes for them.

# ---- redirect

# New connections to any address of this node, and from this node to the Service. Only the port is changed where it can be: a VIP that this
# node holds goes on, and the address family does not matter. Not `redirect`: it takes the address of the incoming interface, and a
# Calico pod's has none. Loopback is left alone, that is how we ask the main instance. The counters tell whether it works.
rules() {
  for table in ip ip6; do
    case $table in ip) loopback=127.0.0.0/8 ;; *) loopback=::1 ;; esac
    for hook in prerouting output; do
      echo "add table $table $NFT"
      echo "add chain $table $NFT $hook { type nat hook $hook priority -110; policy accept; }"
      if [ "$table" = "$TABLE" ]; then
        echo "add rule $table $NFT $hook $table daddr $ADDRESS tcp dport $PORT counter dnat to $(socket "$ADDRESS" "$STANDIN_PORT")"
        echo "add rule $table $NFT $hook $table daddr $SERVICE tcp dport $SERVICE_PORT counter dnat to $(socket "$ADDRESS" "$STANDIN_PORT")"
      fi
      # Not every kernel has fib; then other addresses of this node than the one that the cluster uses are refused for a while.
      if [ -n "$WIDE" ]; then echo "add rule $table $NFT $hook fib daddr type local $table daddr != $loopback tcp dport $PORT counter dnat to :$STANDIN_PORT"; fi
    done
  done
}
socket() { case $1 in *:*) echo "[$1]:$2" ;; *) echo "$1:$2" ;; esac; }

# What the leaving API server takes out of the endpoints of the Service stays in through this. It names the main port: all other nodes
# see no change at all, and no NetworkPolicy meets a new port; on arrival here the redirect takes it to the stand-in.
publish() {
  cat >"$SCRATCH/slice" <<JSON
{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"$SLICE","namespace":"default","labels":{"kubernetes.io/service-name":"kubernetes","endpointslice.kubernetes.io/managed-by":"kubectl-dualstack"}},"addressType":"$FAMILY","endpoints":[{"addresses":["$ADDRESS"],"conditions":{"ready":true}}],"ports":[{"name":"https","port":$PORT,"protocol":"TCP"}]}
JSON
  ask POST "$SLICES" "$STANDIN_PORT" "$SCRATCH/slice"
  case $STATUS in 200 | 201 | 409) return 0 ;; esac
  return 1
}
withdraw() {
  ask DELETE "$SLICES/$SLICE" "$PORT"
  case $STATUS in 200 | 202 | 404) return 0 ;; esac
  return 1
}

redirect() {
  phase redirect
  if ! wait_for 10 publish; then
    says="the EndpointSlice was refused: $(head -c 600 "$ANSWER")"
    step_back
    result undone stand-in "$says"
  fi
  # kube-proxies take the slice in, then the redirect.
  sleep 1.5
  rules | nft -f - 2>"$SCRATCH/nft" || {
    says="nft: $(tail -n 3 "$SCRATCH/nft")"
    step_back
    result undone stand-in "$says"
  }
  if ! redirected; then
    step_back
    result undone stand-in 'connections to this node are not redirected: the data plane goes past nftables'
  fi
  say 'new connections go to the stand-in'
}

# One request to the node's own address must be counted, and answered.
redirected() {
  before=$(counted)
  main_loopback=$LOOPBACK
  LOOPBACK=$ADDRESS
  ready "$PORT"
  LOOPBACK=$main_loopback
  [ "$STATUS" = 200 ] && [ "$(counted)" -gt "$before" ]
}
counted() {
  nft list chain "$TABLE" "$NFT" output 2>/dev/null | sed -n "s/.*daddr $ADDRESS .*counter packets \([0-9]*\).*/\1/p" | head -n 1 | grep . || echo 0
}
