# Asks from inside a test pod, several at once, with what any image with a shell and netcat has. Sends the bytes that it is given and
# tells the bytes that come: all knowledge of protocols is elsewhere. Values: STEP, how many asks begin in a second; DIAL, seconds for which
# agnhost is waited for when it asks in our stead.

if timeout 1 true 2>/dev/null; then has_timeout=1; else has_timeout=; fi
usage=$(nc -h 2>&1)
case $usage in *OpenBSD* | *'-46'*) options='-n -v' ;; *) options= ;; esac
case $usage in *'-u'* | *'46CDdFhklNnrStUuvZz'*) has_udp=1 ;; *) has_udp= ;; esac

limited() {
  seconds=$1
  shift
  if [ -n "$has_timeout" ]; then timeout "$seconds" "$@"; else "$@"; fi
}

# =LENGTH:BEGINNING, in hex digits: one line, whatever came.
hex() {
  all=$(od -An -v -tx1 | tr -d ' \n')
  printf '=%s:%.1400s\n' "${#all}" "$all"
}

# Milliseconds, where date can tell.
now() {
  at=$(date +%s%N 2>/dev/null)
  case $at in *[!0-9]* | '') echo 0 ;; *) echo "${at%??????}" ;; esac
}

# What is sent are formats of printf: bytes in octal, and %0Nd for N zeros.
# shellcheck disable=SC2059
send() {
  printf "$1" 0
  if [ -n "$2" ]; then
    sleep "$2"
    printf "$3" 0
  fi
}

# ID PROTOCOL ADDRESS PORT SECONDS FIRST HOLD SECOND DIAL. An image without a netcat for UDP and SCTP may have agnhost, which asks when it is
# told to by HTTP.
ask() {
  begun=$(now)
  via=raw
  heard=$(
    {
      case $2 in
        TCP) send "$6" "$7" "$8" | limited "$(($5 + ${7:-0} + 1))" nc $options -w "$(($5 + ${7:-0}))" "$3" "$4" | hex ;;
        *)
          if [ "$2" = UDP ] && [ -n "$has_udp" ]; then
            { send "$6"; sleep "$5"; } | limited "$(($5 + 1))" nc -u $options -w "$5" "$3" "$4" | dd bs=65536 count=1 2>/dev/null | hex
          else
            echo dial
            send "$9" | limited "$((DIAL + 1))" nc $options -w "$DIAL" 127.0.0.1 8080 | hex
          fi
          ;;
      esac
    } 2>&1 | tr '\n' '|'
  )
  ended=$(now)
  printf '@%s %s %s\n' "$1" "$((ended - begun))" "$heard"
}

count=0
# Before each ask: never more of them in a second than STEP.
turn() {
  if [ "$count" -ge "$STEP" ]; then
    sleep 1
    count=0
  fi
  count=$((count + 1))
}
