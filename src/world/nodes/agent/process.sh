# The kube-apiserver processes of this node.

# A process id alone may be another process a moment later.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# find_server PORT: "pid start" of the API server that listens there, in the host's network (a nested cluster's are not ours).
find_server() {
  home=$(readlink /proc/self/ns/net)
  for place in /proc/[0-9]*; do
    { read -r comm <"$place/comm"; } 2>/dev/null || continue
    [ "$comm" = kube-apiserver ] && [ "$(readlink "$place/ns/net")" = "$home" ] || continue
    listens=$(tr '\0' '\n' <"$place/cmdline" 2>/dev/null | sed -n 's/^--secure-port=//p' | tail -n 1)
    [ "${listens:-6443}" = "$1" ] || continue
    echo "${place#/proc/} $(started "${place#/proc/}")"
    return 0
  done
  return 1
}

# alive "PID START"
alive() { [ -n "$1" ] && [ "$(started "${1% *}")" = "${1#* }" ]; }

# runs "PID START" FILE: its arguments are the lines of FILE.
runs() { tr '\0' '\n' <"/proc/${1% *}/cmdline" 2>/dev/null | cmp -s - "$2"; }

# free_port FIRST: the first port from there on that nobody listens on.
free_port() {
  port=$1
  while [ "$port" -lt $(($1 + 200)) ]; do
    hex=$(printf '%04X' "$port")
    if ! grep -qi "^ *[0-9]*: [0-9A-F]*:$hex [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; then
      echo "$port"
      return 0
    fi
    port=$((port + 1))
  done
  return 1
}

# pod_log NAME-OF-POD: what its newest container said last, without the chatter.
pod_log() {
  # shellcheck disable=SC2012 # names are the kubelet's: no spaces
  newest=$(ls -t "$ROOT"/var/log/pods/"$NAMESPACE"_"$1"_*/*/*.log 2>/dev/null | head -n 1)
  [ -n "$newest" ] && words <"$newest"
}

# The last lines that are not mere information: klog's I and W. A container log has time and stream in front.
words() {
  sed 's/^[0-9T:.+Z-]* std[a-z]* [FP] //' | grep -v -e '^[IW][0-9][0-9][0-9][0-9] ' -e '^ *$' -e '^Flag .* deprecated' | tail -n 3 | cut -c 1-600
}
