# Start of every script of the agent. POSIX sh: dash, busybox ash and bash run it. In front of it stand assignments
# (see script.ts): ROOT (prefix of all paths, empty but in tests), FRAME (a word nobody else prints), and values.
LC_ALL=C
export LC_ALL PATH
umask 077
unset CDPATH ENV IFS
BASE=$ROOT/var/lib/dualstack
UNITS=$ROOT/etc/systemd/system

# One record: the frame word, then each value in base64 behind '='. Survives any byte but NUL in a value, and noise between
# records (a login banner, a warning of sudo) is told from them.
emit() {
  record=$FRAME
  for each; do record="$record =$(printf '%s' "$each" | base64 | tr -d '\n')"; done
  printf '%s\n' "$record"
}

# As emit, with the bytes of stdin as the last value.
emit_stream() {
  record=$FRAME
  for each; do record="$record =$(printf '%s' "$each" | base64 | tr -d '\n')"; done
  printf '%s =' "$record"
  base64 | tr -d '\n'
  printf '\n'
}

# Without this last record what came was cut off.
finish() {
  emit end
  exit 0
}

# fail CODE MESSAGE [HINT]: nothing was changed, or what is said was.
fail() {
  emit failed "$1" "$2" "${3-}"
  emit end
  exit 0
}

# Makes what was written outlive a power cut. coreutils' and newer busyboxes' sync take names; others sync all.
persist() {
  for each; do sync "$each" 2>/dev/null || sync; done
}

# sha256:<hex>, or: absent, link, other (a folder, device, …).
hash_of() {
  if [ -L "$1" ]; then
    echo link
  elif [ ! -e "$1" ]; then
    echo absent
  elif [ ! -f "$1" ]; then
    echo other
  else
    sum=$(sha256sum <"$1") && echo "sha256:${sum%% *}"
  fi
}

# A small file of our own bookkeeping: whole, or not there.
note() {
  printf '%s\n' "$2" >"$1.new" && persist "$1.new" && mv -f "$1.new" "$1" && persist "${1%/*}"
}

has() { command -v "$1" >/dev/null 2>&1; }
