# Asking an API server of this node, over loopback: past every redirect, and this instance and no other.
# 127.0.0.1 is no name of the certificate, `kubernetes` is (kubeadm puts it into every one).

# flag FILE NAME: the value of a flag in a static pod manifest.
flag() { sed -n "s/^ *- *[\"']\{0,1\}--$2=\([^\"']*\)[\"']\{0,1\} *\$/\1/p" "$1" 2>/dev/null | tail -n 1; }

# Finds port, address and certificates of the main instance. They are root's files and stay where they are; only a kubeconfig that
# carries its key inside must be unpacked, into memory (SCRATCH), readable by root alone, until this script ends.
pick_server() {
  manifest=$ROOT/etc/kubernetes/manifests/kube-apiserver.yaml
  PORT=$(flag "$manifest" secure-port)
  PORT=${PORT:-6443}
  LOOPBACK=$(flag "$manifest" bind-address)
  case $LOOPBACK in '' | 0.0.0.0 | ::) LOOPBACK=127.0.0.1 ;; esac
  CA=$(flag "$manifest" client-ca-file)
  CA=$ROOT${CA:-/etc/kubernetes/pki/ca.crt}
  IDENTITY=
  # What is killed cannot tidy up; the next of the same name does.
  if [ -n "${SCRATCH-}" ]; then
    rm -rf "$SCRATCH"
    mkdir -p "$SCRATCH"
  elif [ -d "$ROOT/run" ]; then
    SCRATCH=$(mktemp -d "$ROOT/run/dualstack.XXXXXX")
  else
    SCRATCH=$(mktemp -d)
  fi
  ANSWER=$SCRATCH/answer
  : >"$ANSWER"
  trap 'rm -rf "$SCRATCH"' EXIT
  trap 'exit 0' HUP INT TERM
}

# The pair with which the API server itself goes to kubelets need not be unpacked, and is there also where admin.conf was taken away. How
# much it may do depends on kubeadm's version (1.36: /readyz, but no Services); who is refused is followed by the next.
# use_identity server | admin | super-admin
use_identity() {
  if [ "$1" = server ]; then
    CERT=$(flag "$manifest" kubelet-client-certificate) KEY=$(flag "$manifest" kubelet-client-key)
    CERT=$ROOT${CERT:-/etc/kubernetes/pki/apiserver-kubelet-client.crt}
    KEY=$ROOT${KEY:-/etc/kubernetes/pki/apiserver-kubelet-client.key}
  else
    config=$ROOT/etc/kubernetes/$1.conf CERT=$SCRATCH/$1.crt KEY=$SCRATCH/$1.key
    [ -r "$config" ] || return 1
    if [ ! -s "$KEY" ]; then
      sed -n 's/^ *client-certificate-data: *//p' "$config" | head -n 1 | base64 -d >"$CERT" 2>/dev/null
      sed -n 's/^ *client-key-data: *//p' "$config" | head -n 1 | base64 -d >"$KEY" 2>/dev/null
    fi
  fi
  [ -s "$CERT" ] && [ -s "$KEY" ] && IDENTITY=$1
}

# ask METHOD PATH PORT [BODY FILE]: STATUS is the HTTP status (000: no answer), $ANSWER holds the body.
ask() {
  for who in $IDENTITY server admin super-admin; do
    use_identity "$who" || continue
    ask_once "$@"
    case $STATUS in 401 | 403) ;; *) return 0 ;; esac
  done
  return 0
}

ask_once() {
  : >"$ANSWER"
  if has curl; then
    STATUS=$(curl -sS --noproxy '*' -m 10 -o "$ANSWER" -w '%{http_code}' -X "$1" --resolve "kubernetes:$3:$LOOPBACK" \
      --cacert "$CA" --cert "$CERT" --key "$KEY" -H 'Content-Type: application/json' ${4:+--data-binary "@$4"} \
      "https://kubernetes:$3$2" 2>"$SCRATCH/error") || STATUS=${STATUS:-000}
    if [ ! -s "$ANSWER" ]; then cp "$SCRATCH/error" "$ANSWER"; fi
  elif has kubectl; then
    case $1 in GET) verb=get ;; POST) verb=create ;; PUT) verb=replace ;; DELETE) verb=delete ;; esac
    if kubectl --kubeconfig=/dev/null --server="https://$LOOPBACK:$3" --tls-server-name=kubernetes --certificate-authority="$CA" \
      --client-certificate="$CERT" --client-key="$KEY" --request-timeout=10s "$verb" --raw "$2" ${4:+-f "$4"} >"$ANSWER" 2>&1; then
      STATUS=200
    else
      # kubectl does not tell the status, only the reason.
      case $(cat "$ANSWER") in
      *'(NotFound)'*) STATUS=404 ;;
      *'(AlreadyExists)'*) STATUS=409 ;;
      *'(Forbidden)'*) STATUS=403 ;;
      *Unauthorized*) STATUS=401 ;;
      *'(Invalid)'* | *' is invalid: '*) STATUS=422 ;;
      *'Error from server'*) STATUS=500 ;;
      *) STATUS=000 ;;
      esac
    fi
  else
    STATUS=000
    echo 'neither curl nor kubectl is installed' >"$ANSWER"
  fi
}

ready() {
  ask GET /readyz "$1"
  [ "$STATUS" = 200 ]
}

# ask_dual_stack PORT: whether a Service that insists on both families would be taken. Nothing is made.
ask_dual_stack() {
  cat >"$SCRATCH/body" <<'JSON'
{"apiVersion":"v1","kind":"Service","metadata":{"generateName":"dualstack-dry-run-","namespace":"default"},"spec":{"ipFamilyPolicy":"RequireDualStack","selector":{"dualstack":"dry-run"},"ports":[{"port":80}]}}
JSON
  ask POST '/api/v1/namespaces/default/services?dryRun=All' "$1" "$SCRATCH/body"
}
