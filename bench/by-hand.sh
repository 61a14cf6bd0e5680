#!/bin/bash
# What a careful person does by hand, from a how-to page, as a script: the same end state as `dualstack apply` (pods made again, Services
# converted), each step waited for. Runs outside the cluster. Wants KUBECONFIG, SSH_CONFIG, PODS, SERVICES (the new ranges), KUBECTL.
set -euo pipefail
K="$KUBECTL"
on() { ssh -F "$SSH_CONFIG" "$1" "${@:2}"; }
nodes=$($K get nodes -o jsonpath='{.items[*].metadata.name}')
control_planes=$($K get nodes -l node-role.kubernetes.io/control-plane -o jsonpath='{.items[*].metadata.name}')
v4pods=$($K -n kube-system get cm kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' | sed -n 's/^ *podSubnet: //p')
v4services=$($K -n kube-system get cm kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' | sed -n 's/^ *serviceSubnet: //p')
began=$SECONDS
say() { echo "$((SECONDS - began)) s $*"; }
# vim writes a new file and renames it; backups kept outside the folder
edit() { on "$1" "cp -p $2 /root/\$(basename $2).before && sed -E '$3' $2 > /root/.new && chmod --reference=$2 /root/.new && mv /root/.new $2"; }
# Two good answers in a row, as somebody who looks twice.
ready() { local ok=0; while [ $ok -lt 2 ]; do if $K get --raw /readyz >/dev/null 2>&1; then ok=$((ok + 1)); else ok=0; fi; sleep 0.5; done; }
running() { until $K -n kube-system get pod "$1-$2" -o jsonpath='{.spec.containers[0].command} {.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null | grep -q -- "$3.*True"; do sleep 1; done; }

for n in $nodes; do
  on "$n" "printf 'net.ipv4.conf.all.forwarding = 1\nnet.ipv6.conf.all.forwarding = 1\n' > /etc/sysctl.d/k8s.conf && sysctl -p /etc/sysctl.d/k8s.conf >/dev/null"
done
say "forwarding"
$K -n kube-system get cm kubeadm-config -o yaml | sed -E "s#(podSubnet: $v4pods)#\1,$PODS#; s#(serviceSubnet: $v4services)#\1,$SERVICES#" | $K replace -f - >/dev/null
for n in $control_planes; do
  edit "$n" /etc/kubernetes/manifests/kube-apiserver.yaml "s#(--service-cluster-ip-range=$v4services)\$#\1,$SERVICES#"
  sleep 5
  ready
  running kube-apiserver "$n" "$SERVICES"
  say "kube-apiserver on $n"
done
for n in $control_planes; do
  edit "$n" /etc/kubernetes/manifests/kube-controller-manager.yaml "s#(--cluster-cidr=$v4pods)\$#\1,$PODS#; s#^( *- )(--service-cluster-ip-range=$v4services)\$#\1\2,$SERVICES\n\1--node-cidr-mask-size-ipv4=24\n\1--node-cidr-mask-size-ipv6=64#"
  running kube-controller-manager "$n" "$PODS"
  say "kube-controller-manager on $n"
done
for n in $nodes; do
  v6=$(on "$n" "ip -6 -o addr show scope global dev eth0 | awk '{print \$4}' | cut -d/ -f1 | head -1")
  on "$n" "sed -i -E 's#(--node-ip=[0-9.]+)#\1,$v6#' /var/lib/kubelet/kubeadm-flags.env && systemctl restart kubelet"
  until $K get node "$n" -o jsonpath='{.status.addresses}' 2>/dev/null | grep -q "$v6"; do sleep 1; done
  $K wait --for=condition=Ready "node/$n" --timeout=120s >/dev/null
  say "kubelet on $n"
done
$K -n kube-system get cm kube-proxy -o yaml | sed "s#clusterCIDR: $v4pods\$#clusterCIDR: $v4pods,$PODS#" | $K replace -f - >/dev/null
$K -n kube-system rollout restart daemonset kube-proxy >/dev/null
$K -n kube-system rollout status daemonset kube-proxy --timeout=300s >/dev/null
say "kube-proxy"
$K create -f - >/dev/null <<POOL
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: default-ipv6-ippool}
spec: {cidr: "$PODS", blockSize: 122, ipipMode: Never, vxlanMode: Never, natOutgoing: true, nodeSelector: all()}
POOL
$K -n kube-system get cm calico-config -o yaml | sed -E 's#^( *)("type": "calico-ipam")#\1\2, "assign_ipv4": "true", "assign_ipv6": "true"#' | $K replace -f - >/dev/null
$K -n kube-system set env daemonset/calico-node -c calico-node IP6=autodetect FELIX_IPV6SUPPORT=true CALICO_IPV6POOL_NAT_OUTGOING=true >/dev/null
$K -n kube-system rollout status daemonset calico-node --timeout=600s >/dev/null
say "calico"
$K -n kube-system rollout restart deployment coredns >/dev/null
$K -n kube-system rollout status deployment coredns --timeout=300s >/dev/null
say "coredns"
for kind in deployment statefulset daemonset; do
  $K get "$kind" -A -o jsonpath='{range .items[*]}{.metadata.namespace} {.metadata.name} {.spec.updateStrategy.type} {.spec.template.spec.hostNetwork}{"\n"}{end}'  | while read -r ns name rest; do
    case "$ns/$name $rest" in kube-system/coredns*|kube-system/kube-proxy*|kube-system/calico-node*|*OnDelete*|*true*) continue ;; esac
    $K -n "$ns" rollout restart "$kind" "$name" </dev/null >/dev/null
    echo "$ns $kind $name" >> /tmp/by-hand.$$
  done
done
while read -r ns kind name; do $K -n "$ns" rollout status "$kind" "$name" --timeout=600s </dev/null >/dev/null; done < /tmp/by-hand.$$
rm -f /tmp/by-hand.$$
say "pods made again"
$K get svc -A -o jsonpath='{range .items[*]}{.metadata.namespace} {.metadata.name} {.spec.type} {.spec.clusterIP} {.spec.selector}{"\n"}{end}' | while read -r ns name type ip selector; do
  case "$ns/$name $type $ip" in default/kubernetes*|*ExternalName*|*LoadBalancer*|*None|kube-system/kube-dns*) continue ;; esac
  [ -n "$selector" ] || continue
  $K -n "$ns" patch svc "$name" -p '{"spec":{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4","IPv6"]}}' </dev/null >/dev/null
done
$K -n kube-system patch svc kube-dns -p '{"spec":{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4","IPv6"]}}' >/dev/null
say "services"
