# Changing a file so that a crash at any moment, or anybody who reads meanwhile, finds the old or the new one, whole.

# replace PATH BEFORE AFTER MODE OWNER: `content` (a function of the caller) prints what shall stand there.
# BEFORE, AFTER: as hash_of prints them; AFTER absent removes. MODE, OWNER: for a new file; empty: 644 of root.
# Returns 0, or 1 and says in $WHY what stood against it, $KIND: conflict or refused. Then nothing has been changed.
replace() {
  target=$ROOT$1 folder=$ROOT${1%/*}
  # kubelet ignores a name with a dot in front (kubernetes.md 10); so do .d folders that take *.conf.
  temp=$folder/.${1##*/}.dualstack
  now=$(hash_of "$target")
  if [ "$now" = "$3" ]; then
    rm -f "$temp"
    return 0
  fi
  expect "$1" "$2" || return 1
  if [ "$3" = absent ]; then
    remember "$1" "$3"
    rm -f "$target" && persist "$folder" && return 0
    KIND=refused WHY="$1 could not be removed"
    return 1
  fi
  if [ ! -d "$folder" ]; then
    KIND=refused WHY="the folder of $1 is not there"
    return 1
  fi
  rm -f "$temp"
  if ! { content >"$temp" && dress "$temp" "$target" "$4" "$5" && persist "$temp" && [ "$(hash_of "$temp")" = "$3" ]; }; then
    rm -f "$temp"
    KIND=refused WHY="$1 could not be written next to the old one: $(df -Pk "$folder" | awk 'NR==2{print $4}') KiB are free"
    return 1
  fi
  remember "$1" "$3"
  # Again, right before: what somebody wrote while we did is not lost.
  if ! expect "$1" "$2"; then
    rm -f "$temp"
    return 1
  fi
  if mv -f "$temp" "$target" && persist "$folder" && [ "$(hash_of "$target")" = "$3" ]; then return 0; fi
  KIND=conflict WHY="$1 was written, and somebody changed it at once"
  return 1
}

# expect PATH BEFORE
expect() {
  now=$(hash_of "$ROOT$1")
  [ "$now" = "$2" ] && return 0
  KIND=conflict
  case $now in
  link) KIND=refused WHY="$1 is a link to $(readlink "$ROOT$1"): name that file" ;;
  other) KIND=refused WHY="$1 is not a file" ;;
  absent) WHY="$1 is not there any more" ;;
  *) WHY="$1 is not what it was when the plan was made" ;;
  esac
  return 1
}

# dress TEMP LIKE MODE OWNER: mode, owner and SELinux label of LIKE, or those given where there is no LIKE.
dress() {
  if [ -e "$2" ]; then
    chown "$(stat -c %u:%g "$2")" "$1" && chmod "$(stat -c %a "$2")" "$1" || return 1
    if has chcon && has selinuxenabled && selinuxenabled; then chcon --reference="$2" "$1"; fi
  else
    chown "${4:-0:0}" "$1" && chmod "${3:-644}" "$1" || return 1
    if has restorecon && has selinuxenabled && selinuxenabled; then restorecon -F "$1"; fi
  fi
  return 0
}

# Keeps what stood at PATH before this run touched it first: the bytes in files/, mode, owner and hash in notes/.
keep() {
  kept=$BASE/$RUN/files$1 notes=$BASE/$RUN/notes$1
  [ -e "$notes" ] && return 0
  mkdir -p "${kept%/*}" "${notes%/*}" || return 1
  hash=$(hash_of "$ROOT$1")
  if [ "$hash" = absent ]; then
    note "$notes" absent
    return
  fi
  cat "$ROOT$1" >"$kept.new" && [ "$(hash_of "$kept.new")" = "$hash" ] && persist "$kept.new" &&
    mv -f "$kept.new" "$kept" && note "$notes" "$(stat -c '%a %u:%g' "$ROOT$1") $hash"
}

# Every hash that this run ever gave PATH, written down before it is there: so a later revert tells our text from another's.
remember() {
  mine=$BASE/$RUN/ours$1
  mkdir -p "${mine%/*}" && printf '%s\n' "$2" >>"$mine" && persist "$mine"
}
