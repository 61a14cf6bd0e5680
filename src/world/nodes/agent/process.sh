# The kube-apiserver processes of this node.

# A process id alone may be another process a moment later.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# One a line, the program first. It may end while we look.
arguments() { { tr '\0' '\n' <"/proc/$1/cmdline"; } 2>/dev/null; }

# find_server PORT: "pid start" of the API server that listens there, in the host's network (a nested cluster's are not ours).
find_server() {
  home=$(readlink /proc/self/ns/net)
  for place in /proc/[0-9]*; do
    { read -r comm <"$place/comm"; } 2>/dev/null || continue
    [ "$comm" = kube-apiserver ] && [ "$(readlink "$place/ns/net")" = "$home" ] || continue
    # A dead one that nobody has reaped has no arguments left, and would look like one with the default port.
    [ -n "$(arguments "${place#/proc/}")" ] || continue
    listens=$(arguments "${place#/proc/}" | sed -n 's/^--secure-port=//p' | tail -n 1)
    [ "${listens:-6443}" = "$1" ] || continue
    echo "${place#/proc/} $(started "${place#/proc/}")"
    return 0
  done
  return 1
}

# alive "PID START"
alive() { [ -n "$1" ] && [ "$(started "${1% *}")" = "${1#* }" ]; }

# runs "PID START" FILE: its arguments are the lines of FILE.
runs() { arguments "${1% *}" | cmp -s - "$2"; }

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

# pod_log NAME-OF-POD: what its last two containers said. Of one that has just been started again the newest log says nothing yet.
pod_log() {
  # shellcheck disable=SC2012 # names are the kubelet's: no spaces
  for log in $(ls -t "$ROOT"/var/log/pods/"$NAMESPACE"_"$1"_*/*/*.log 2>/dev/null | head -n 2 | sort); do cat "$log"; done | words
}

# What a log says of an end: the lines with which a program of Kubernetes gives up, else its last ones but klog's information. A container's
# log has time and stream in front.
words() {
  sed -n 's/^[0-9T:.+Z-]* std[a-z]* [FP] //; /^I[0-9][0-9][0-9][0-9] /d; /^ *$/d; /^Flag .* deprecated/d; p' >"$SCRATCH/words"
  if ! grep -e '^F[0-9][0-9][0-9][0-9] ' -e '^Error: ' -e '^panic: ' -e '"command failed"' "$SCRATCH/words" >"$SCRATCH/end"; then
    mv -f "$SCRATCH/words" "$SCRATCH/end"
  fi
  tail -n 3 "$SCRATCH/end" | cut -c 1-600
}
