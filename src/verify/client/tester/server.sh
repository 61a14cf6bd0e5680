# What a test pod serves: the field's own image does it best; anything else with a shell and netcat says HTTP 200 and closes.
if [ -x /agnhost ]; then
  sctp=${SCTP:--1}
  # Where the kernel has no SCTP the whole server would end.
  if [ "$sctp" != -1 ]; then
    case $(/agnhost connect 127.0.0.1:1 --protocol=sctp --timeout=1s 2>&1) in *'not supported'*) sctp=-1 ;; esac
  fi
  exec /agnhost netexec --http-port=8080 --udp-port=8081 --sctp-port="$sctp"
fi
answer='read -r line; printf "HTTP/1.0 200 OK\r\n\r\n"; hostname'
case $(nc -h 2>&1) in
  *OpenBSD* | *'-46'*)
    serve() {
      while :; do printf 'HTTP/1.0 200 OK\r\n\r\n%s\n' "$(hostname)" | nc "$1" -l -p 8080 -N >/dev/null || sleep 1; done
    }
    serve -4 &
    serve -6
    ;;
  *BusyBox*) exec nc -ll -p 8080 -e sh -c "$answer" ;;
  *) exec nc -l -k -p 8080 -e "sh -c '$answer'" ;;
esac
