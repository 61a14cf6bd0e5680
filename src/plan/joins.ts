import { families, type Family } from '../address/family.ts'
import { forwardingKeys, type Setting, settingsFor } from '../layers/host/settings.ts'
import { dualStackGate, gatesFlag } from '../layers/shared/feature-gate.ts'
import { minorOf } from '../base/version.ts'
import type { Cluster } from '../model/cluster.ts'
import { type Goal, joined, wants } from '../model/goal.ts'

/**
 * What whoever adds nodes must use from now on: one text for each way of adding them, its first line a title. kubelet's --node-ip and the
 * node's sysctls live in no cluster object, so a node that joins next month with the old recipe would be single-stack (and stop Calico's
 * roll-out there).
 */
export function joins(cluster: Cluster, goal: Goal): readonly string[] {
  if (Object.keys(cluster.nodes).length === 0) return []
  const recipes = goal.families.length > 1 ? [kubeadm, cloudInit, kubespray, kubeKey] : [kubeadm, kubespray]
  return recipes.map(recipe => recipe(cluster, goal).join('\n'))
}

/** `<IPv4 address>,<IPv6 address>`: of the new node, in the cluster's order. */
const nodeIP = (goal: Goal): string => goal.families.map(family => `<${family} address>`).join(',')

/** Flags of the kubelet that a node needs beside what kubeadm gives it. */
function kubeletFlags(cluster: Cluster, goal: Goal): readonly (readonly [string, string])[] {
  const needsGate = goal.families.length > 1 && minorOf(cluster.version) === 20
  return [['node-ip', nodeIP(goal)], ...(needsGate ? [[gatesFlag, `${dualStackGate}=true`] as const] : [])]
}

function kubeadm(cluster: Cluster, goal: Goal): readonly string[] {
  const minor = minorOf(cluster.version)
  const version = minor >= 31 ? 'v1beta4' : minor >= 22 ? 'v1beta3' : 'v1beta2'
  const flags = kubeletFlags(cluster, goal)
  return [
    'kubeadm join --config FILE, beside what the file has already',
    `apiVersion: kubeadm.k8s.io/${version}`,
    'kind: JoinConfiguration',
    'nodeRegistration:',
    '  kubeletExtraArgs:',
    ...(version === 'v1beta4'
      ? flags.flatMap(([name, value]) => [`  - name: ${name}`, `    value: "${value}"`])
      : flags.map(([name, value]) => `    ${name}: "${value}"`)),
  ]
}

/** For images that join by themselves. The file of settings must not be named as ours: that one belongs to the way back. */
function cloudInit(cluster: Cluster, goal: Goal): readonly string[] {
  const flags = kubeletFlags(cluster, goal)
    .map(([name, value]) => `--${name}=${value}`)
    .join(' ')
  return [
    'cloud-init, before the node joins (Red Hat: /etc/sysconfig/kubelet)',
    '#cloud-config',
    'write_files:',
    '- path: /etc/sysctl.d/90-forwarding.conf',
    '  content: |',
    ...settings(cluster, goal).map(line => `    ${line}`),
    '- path: /etc/default/kubelet',
    '  content: |',
    `    KUBELET_EXTRA_ARGS=${flags}`,
    'runcmd:',
    '- sysctl --system',
  ]
}

const lineOf = ({ key, value }: Setting): string => `${key} = ${value}`

/** As the nodes that are there have them: with accept_ra where the default route of one comes by router advertisement. */
function settings(cluster: Cluster, goal: Goal): readonly string[] {
  const wanted = families.filter(family => wants(goal, family))
  const seen = new Map<string, Setting>()
  for (const facts of Object.values(cluster.nodes))
    for (const family of wanted)
      for (const setting of settingsFor(family, facts)) seen.set(setting.key, setting)
  const always = wanted.flatMap(family => forwardingKeys[family].map(key => `${key} = 1`))
  const special = [...seen.values()].map(lineOf).filter(line => !always.includes(line))
  // accept_ra comes first: the route goes the moment forwarding is switched on.
  return [...special, ...always]
}

function kubespray(_cluster: Cluster, goal: Goal): readonly string[] {
  const value = (name: string, found: string | number | undefined): readonly string[] =>
    found === undefined ? [] : [`${name}: ${found}`]
  const suffix = (family: Family): string => (family === 'IPv6' ? '_ipv6' : '')
  return [
    'kubespray, group_vars/k8s_cluster (before 2.28: enable_dual_stack_networks instead of the two stacks)',
    ...families.map(family => `${family.toLowerCase()}_stack: ${wants(goal, family)}`),
    ...families
      .filter(family => wants(goal, family))
      .flatMap(family => [
        ...value(`kube_pods_subnet${suffix(family)}`, goal.pods[family]),
        ...value(`kube_service_addresses${suffix(family)}`, goal.services[family]),
        ...value(`kube_network_node_prefix${suffix(family)}`, goal.nodeMask[family]),
      ]),
  ]
}

function kubeKey(_cluster: Cluster, goal: Goal): readonly string[] {
  return [
    'KubeKey 3, config of the cluster (KubeKey 4: cni.pod_cidr and cni.service_cidr)',
    'spec:',
    '  hosts:',
    `  - {name: <node>, address: <address for ssh>, internalAddress: "${nodeIP(goal)}"}`,
    '  network:',
    `    kubePodsCIDR: ${joined(goal, goal.pods)}`,
    `    kubeServiceCIDR: ${joined(goal, goal.services)}`,
  ]
}
