# Everything that is asked of a node, in one go. Values: FILES and PATTERNS (one a line), NETWORK, FIREWALL, UPKEEP, API, ASK (1 or empty),
# REACH (host and port, one pair a line), PING (address and bytes), WAYS (addresses, one a line).

newline='
'

# The file and its mode and owner; nothing is said of what is neither a file nor absent. Links are followed.
show_file() {
  if [ -f "$ROOT$1" ]; then
    emit_stream file "$1" "$(stat -L -c '%a %u:%g' "$ROOT$1")" <"$ROOT$1"
  elif [ ! -e "$ROOT$1" ]; then
    emit absent "$1"
  fi
}

show_files() {
  IFS=$newline
  set -f
  for path in $FILES; do show_file "$path"; done
  for pattern in $PATTERNS; do
    set +f
    for path in $ROOT$pattern; do
      if [ -f "$path" ]; then show_file "${path#"$ROOT"}"; fi
    done
    set -f
  done
  set +f
  unset IFS
}

# grep reads each in one go; the shell's own `read` takes a byte at a time, and a sysctl ends after the first. One may go while we look.
show_sysctls() {
  grep -s '' /dev/null "$ROOT"/proc/sys/net/ipv4/ip_forward "$ROOT"/proc/sys/net/ipv4/conf/all/forwarding \
    "$ROOT"/proc/sys/net/bridge/bridge-nf-call-ip*tables "$ROOT"/proc/sys/net/ipv6/conf/*/forwarding \
    "$ROOT"/proc/sys/net/ipv6/conf/*/disable_ipv6 "$ROOT"/proc/sys/net/ipv6/conf/*/accept_ra \
    "$ROOT"/proc/sys/net/ipv6/route/max_size |
    sed "s|^$ROOT/proc/sys/||" | emit_stream sysctls
}

# pid: the kubelet that systemd runs, else the first process of that name; empty where none runs.
find_kubelet() {
  pid=$(systemctl show --property MainPID --value kubelet.service 2>/dev/null)
  if [ "${pid:-0}" = 0 ]; then
    pid=
    for comm in "$ROOT"/proc/[0-9]*/comm; do
      { read -r name <"$comm"; } 2>/dev/null || continue
      if [ "$name" = kubelet ]; then
        pid=${comm%/comm} pid=${pid##*/}
        break
      fi
    done
  fi
}

show_kubelet() {
  find_kubelet
  [ -n "$pid" ] && [ -r "$ROOT/proc/$pid/cmdline" ] && emit_stream kubelet <"$ROOT/proc/$pid/cmdline"
}

show_manifests() {
  folder=$(sed -n 's/^staticPodPath: *//p' "$ROOT/var/lib/kubelet/config.yaml" 2>/dev/null | tr -d "\"'" | tail -n 1)
  folder=${folder:-/etc/kubernetes/manifests}
  for path in "$ROOT$folder"/* "$ROOT$folder"/.[!.]* "$ROOT$folder"/..?*; do
    if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\n' "${path#"$ROOT"}"; fi
  done | emit_stream manifests
}

show_network() {
  has ip || fail tools 'ip (iproute2) is not installed'
  ip -j -d address show | emit_stream addresses
  for family in 4 6; do ip -j -$family route show table main 2>/dev/null | emit_stream "routes$family"; done
  show_sysctls
  show_kubelet
  show_manifests
  emit kernel "$(uname -r)"
}

# Services have chains by the thousand, which nobody above reads: they do not travel. A table that cannot be read is not said.
show_firewall() {
  for family in 4 6; do
    case $family in 4) save=iptables-save ;; *) save=ip6tables-save ;; esac
    has "$save" || continue
    rules=$("$save" -t filter 2>/dev/null) || continue
    printf '%s\n' "$rules" | grep -v -E '^(:|-A )(KUBE-|cali)' | emit_stream "firewall$family"
  done
}

# Tables of iptables, kube-proxy and ours are told elsewhere or nobody reads them. Elements of named sets may be many: -t leaves them out.
show_nftables() {
  has nft || return 0
  tables=$(nft list tables 2>/dev/null) || return 0
  printf '%s\n' "$tables" | while read -r _ family table; do
    case "$family $table" in
      'ip filter' | 'ip nat' | 'ip mangle' | 'ip raw' | 'ip security') continue ;;
      'ip6 filter' | 'ip6 nat' | 'ip6 mangle' | 'ip6 raw' | 'ip6 security') continue ;;
      *' kube-proxy' | *' dualstack'*) continue ;;
    esac
    nft -t list table "$family" "$table" 2>/dev/null
  done | emit_stream nftables
}

# end_of PATH: when the certificate on stdin ends. openssl prints the date alone: what else is in the file, a key perhaps, stays here.
end_of() {
  date=$(openssl x509 -noout -enddate 2>/dev/null) || return 0
  printf '%s %s\n' "${date#notAfter=}" "${1#"$ROOT"}"
}

show_certificates() {
  for path in "$ROOT"/etc/kubernetes/pki/*.crt "$ROOT"/etc/kubernetes/pki/etcd/*.crt "$ROOT"/var/lib/kubelet/pki/*-current.pem; do
    if [ -f "$path" ]; then end_of "$path" <"$path"; fi
  done
  for path in "$ROOT"/etc/kubernetes/*.conf; do
    if [ -f "$path" ]; then
      sed -n 's/^ *client-certificate-data: *//p' "$path" | head -n 1 | base64 -d 2>/dev/null | end_of "$path"
    fi
  done
}

# A package that was replaced leaves "(deleted)" behind the name of the program that still runs; what lies there now is asked.
show_program() {
  find_kubelet
  [ -n "$pid" ] || return 0
  program=$(readlink "$ROOT/proc/$pid/exe") || return 0
  program=$ROOT${program%' (deleted)'}
  if [ -x "$program" ]; then emit program "$("$program" --version 2>/dev/null)"; fi
}

show_upkeep() {
  if has openssl; then show_certificates | emit_stream certificates; fi
  if [ -f "$ROOT/sys/fs/cgroup/cgroup.controllers" ]; then
    emit cgroup 2
  elif [ -d "$ROOT/sys/fs/cgroup" ]; then
    emit cgroup 1
  fi
  show_program
}

show_server() {
  pick_server
  ask GET /readyz "$PORT"
  if [ "$STATUS" = 200 ]; then emit ready yes; else emit ready no; fi
  if [ -n "$ASK" ] && [ "$STATUS" = 200 ]; then
    ask_dual_stack "$PORT"
    emit_stream dualstack "$STATUS" <"$ANSWER"
  fi
}

# One line for each address that could be tried. bash's own sockets, else nc, else curl (which says when the connection stood).
try_address() {
  if has bash && has timeout; then
    # shellcheck disable=SC2016 # bash shall read them
    timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" "$2" 2>/dev/null
  elif has nc; then
    nc -z -w 2 "$1" "$2" >/dev/null 2>&1
  elif has curl; then
    case $1 in *:*) url="http://[$1]:$2/" ;; *) url="http://$1:$2/" ;; esac
    [ "$(curl -s -o /dev/null --noproxy '*' -m 3 --connect-timeout 2 -w '%{time_connect}' "$url" | tr -d '0.,')" != '' ]
  else
    return 3
  fi
}

show_reach() {
  count=0
  IFS=$newline
  set -f
  for pair in $REACH; do
    # Each job prints one short line, in one write: they cannot mix.
    (
      try_address "${pair% *}" "${pair#* }"
      case $? in 0) emit reach "$pair" yes ;; 3) ;; *) emit reach "$pair" no ;; esac
    ) &
    count=$((count + 1))
    if [ "$count" -ge 64 ]; then
      wait
      count=0
    fi
  done
  wait
  set +f
  unset IFS
}

# echo_of ADDRESS BYTES: full, small or none. Twice, as the first packet that is too large for the way only teaches the kernel its size.
# Another exit code than "no answer" (1) says nothing of the way.
echo_of() {
  ping -n -c 1 -W 1 -s "$2" "$1" >/dev/null 2>&1 && echo full && return
  code=$?
  if [ "$code" -gt 1 ]; then return 3; fi
  ping -n -c 2 -W 1 -s "$2" "$1" >/dev/null 2>&1 && echo full && return
  ping -n -c 1 -W 1 -s 16 "$1" >/dev/null 2>&1 && echo small && return
  echo none
}

show_ping() {
  has ping || return 0
  count=0
  IFS=$newline
  set -f
  for pair in $PING; do
    (
      unset IFS
      answer=$(echo_of "${pair% *}" "${pair#* }")
      if [ -n "$answer" ]; then emit ping "${pair% *}" "$answer"; fi
    ) &
    count=$((count + 1))
    if [ "$count" -ge 64 ]; then
      wait
      count=0
    fi
  done
  wait
  set +f
  unset IFS
}

# The route that the kernel would take, and the neighbour that it would hand the packet to.
show_ways() {
  has ip || return 0
  IFS=$newline
  set -f
  for address in $WAYS; do
    unset IFS
    route=$(ip route get "$address" 2>&1 | head -n 1)
    hop=$(printf '%s\n' "$route" | sed -n 's/.* via \(inet6 \)\{0,1\}\([^ ]*\).*/\2/p')
    emit way "$address" "$route; $(ip neigh show "${hop:-$address}" 2>/dev/null | head -n 1)"
  done
  set +f
  unset IFS
}

show_files
if [ -n "$NETWORK" ]; then show_network; fi
if [ -n "$FIREWALL" ]; then
  show_firewall
  show_nftables
fi
if [ -n "$UPKEEP" ]; then show_upkeep; fi
if [ -n "$API" ]; then show_server; fi
if [ -n "$REACH" ]; then show_reach; fi
if [ -n "$PING" ]; then show_ping; fi
if [ -n "$WAYS" ]; then show_ways; fi
finish
