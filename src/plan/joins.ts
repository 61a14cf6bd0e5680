import type { Cluster } from '../model/cluster.ts'
import { type Goal, joined } from '../model/goal.ts'

/**
 * What whoever adds nodes must use from now on. kubelet's --node-ip and the node's sysctls live in no cluster object, so a node that joins
 * next month with the old recipe would be single-stack (and stop Calico's roll-out there).
 */
export function joins(cluster: Cluster, goal: Goal): readonly string[] {
  if (Object.keys(cluster.nodes).length === 0) return []
  const [primary] = goal.families
  if (goal.families.length < 2) {
    return [`JoinConfiguration nodeRegistration.kubeletExtraArgs node-ip: the node's ${primary} address only`]
  }
  const nodeIP = goal.families.map(family => `<${family} address>`).join(',')
  return [
    `JoinConfiguration nodeRegistration.kubeletExtraArgs node-ip: ${nodeIP}`,
    'sysctl on the new node before it joins: net.ipv4.ip_forward = 1, net.ipv6.conf.all.forwarding = 1; and accept_ra = 2 on an interface whose default route comes by router advertisement',
    `kubespray: ipv4_stack: true, ipv6_stack: true, kube_pods_subnet_ipv6: ${goal.pods.IPv6 ?? ''}, kube_service_addresses_ipv6: ${goal.services.IPv6 ?? ''}`,
    `kubeadm: networking.podSubnet ${joined(goal, goal.pods)}, networking.serviceSubnet ${joined(goal, goal.services)} (in kube-system/kubeadm-config already)`,
  ]
}
