import { fileOf, findObject } from '../../model/changes.ts'
import type { Cluster, KubeObject, NodeFacts } from '../../model/cluster.ts'
import { getText } from '../../model/fields.ts'
import type { Rule } from '../../model/rule.ts'
import { ruleThere } from '../../rules/cluster-rule.ts'
import { situation } from '../../rules/example.ts'
import { minorOf } from '../../base/version.ts'
import { flatYaml } from '../../text/flat.ts'
import { readArguments } from '../shared/arguments.ts'
import { commandLine } from './command-line.ts'
import { flag, reads as kubeletReads } from './read.ts'
import { unitOf } from './unit.ts'

const configFile = '/var/lib/kubelet/config.yaml'
const upkeep = { kind: 'upkeep', on: 'all' } as const
const nodes = { kind: 'list', resource: 'v1/nodes' } as const
const config = { kind: 'file', path: configFile, on: 'all' } as const

/** Version of the kubelet that runs, as its Node says. */
const runningOf = (cluster: Cluster, node: string): string | undefined =>
  getText(findObject(cluster, 'v1/nodes', undefined, node), ['status', 'nodeInfo', 'kubeletVersion'])

const fieldsOf = (cluster: Cluster, node: string): Readonly<Record<string, string>> | undefined => {
  const text = fileOf(cluster, node, configFile)?.text
  return text === undefined ? undefined : flatYaml(text)
}

const cgroup: Rule<'cluster'> = {
  id: 'kubelet-restart/cgroup-v1',
  on: 'cluster',
  severity: 'error',
  title: 'a kubelet of 1.35 or later runs on cgroup v2, or is told to bear v1',
  why: 'From 1.35 on a kubelet ends at its start on a host with cgroup v1, unless failCgroupV1 is false. One that was started before an upgrade of the package runs on, until the conversion restarts it for its address.',
  source: 'k/k:pkg/kubelet/apis/config/validation/validation_linux.go, KEP-5573',
  covers: ['practice cgroup-v1', 'kubernetes 11'],
  remedy: `Boot the node with cgroup v2; or write failCgroupV1: false into ${configFile} and ConfigMap kube-system/kubelet-config.`,
  says: [{ component: 'kubelet', line: '*kubelet is configured to not run on a host using cgroup v1*' }],
  reads: [upkeep, config, nodes],
  judge: ({ cluster }) =>
    Object.entries(cluster.nodes).flatMap(([node, facts]) => {
      const version = facts.upkeep?.kubeletVersion ?? runningOf(cluster, node)
      const fields = fieldsOf(cluster, node)
      const isMeant = facts.upkeep?.cgroup === 1 && version !== undefined && minorOf(version) >= 35
      if (!isMeant || fields === undefined || fields['failCgroupV1'] === 'false') return []
      return [
        {
          object: `Node ${node}`,
          field: 'failCgroupV1',
          message: `has cgroup v1, and kubelet ${version} does not start on it`,
        },
      ]
    }),
  examples: {
    bad: [() => given({ upkeep: { cgroup: 1, kubeletVersion: 'v1.35.1' } }, 'v1.34.2')],
    good: [
      () => given({ upkeep: { cgroup: 2, kubeletVersion: 'v1.35.1' } }),
      () => given({ upkeep: { cgroup: 1, kubeletVersion: 'v1.34.2' } }),
      () => given({ upkeep: { cgroup: 1 } }, 'v1.36.3', 'failCgroupV1: false\n'),
      () => situation(),
    ],
  },
}

const newer = ruleThere({
  id: 'kubelet-restart/other-package',
  severity: 'warning',
  title: 'the kubelet that would start is of the version that runs',
  why: 'A package that was updated without a restart waits for the next one: the restart for the second node address is an upgrade of the kubelet as well, and what then breaks looks like the conversion.',
  source: 'kubernetes.io/docs/tasks/administer-cluster/kubeadm/upgrading-linux-nodes',
  covers: ['practice packages'],
  remedy:
    'Finish the upgrade of that node first (kubeadm upgrade node, restart the kubelet), or put the package back; and hold it (apt-mark hold, versionlock).',
  reads: [upkeep, nodes],
  find: ({ cluster }) =>
    Object.entries(cluster.nodes).flatMap(([node, facts]) => {
      const [runs, lies] = [runningOf(cluster, node), facts.upkeep?.kubeletVersion]
      if (runs === undefined || lies === undefined || runs === lies) return []
      return [
        { object: `Node ${node}`, field: 'kubelet', message: `runs ${runs}; the next start runs ${lies}` },
      ]
    }),
  examples: {
    bad: [() => given({ upkeep: { kubeletVersion: 'v1.36.4' } })],
    good: [() => given({ upkeep: { kubeletVersion: 'v1.36.3' } }), () => given({ upkeep: {} })],
  },
})

const ahead = ruleThere({
  id: 'kubelet-restart/newer-than-api-server',
  severity: 'error',
  title: 'the kubelet that would start is not newer than the API servers',
  why: 'A kubelet of a later minor version than its API server is not supported: it may ask for what is not served, and its node does not become Ready again.',
  source: 'kubernetes.io/releases/version-skew-policy',
  covers: ['practice packages'],
  remedy: 'Put the older package back, or upgrade the control plane first.',
  reads: [upkeep, nodes],
  find: ({ cluster }) =>
    Object.entries(cluster.nodes).flatMap(([node, facts]) => {
      const lies = facts.upkeep?.kubeletVersion
      if (lies === undefined || !(minorOf(lies) > minorOf(cluster.version))) return []
      const message = `the next start runs ${lies}, and the API server is ${cluster.version}`
      return [{ object: `Node ${node}`, field: 'kubelet', message }]
    }),
  examples: {
    bad: [() => given({ upkeep: { kubeletVersion: 'v1.37.0' } })],
    good: [() => given({ upkeep: { kubeletVersion: 'v1.36.9' } }), () => given({})],
  },
})

/** What systemd and the kubelet's own defaults may bring without a word in these files. */
const drift = ruleThere({
  id: 'kubelet-restart/drift',
  severity: 'warning',
  title: 'each kubelet runs with the flags that its files say',
  why: 'Files that were changed without a restart take effect at the restart which the conversion brings: other flags than the address change then as well, on one node after the other.',
  source: 'systemd.exec(5), kubeadm’s 10-kubeadm.conf',
  covers: ['practice drift'],
  remedy:
    'Look at the flag in the file: take it out, or restart that one kubelet (systemctl daemon-reload; systemctl restart kubelet) at a quiet moment, before the conversion.',
  reads: kubeletReads,
  find: ({ cluster }) =>
    Object.entries(cluster.nodes).flatMap(([node, { files, kubeletArguments }]) => {
      const written = commandLine(files)
      if (written === undefined || kubeletArguments === undefined) return []
      const runs = Object.fromEntries(readArguments(kubeletArguments))
      // Where the unit itself was not found, what it brings of its own (--kubeconfig, --config) is not known.
      const names = unitOf(files).start === undefined ? [] : Object.keys(runs)
      // Values stay out of it: one of them might be confidential. The address is what the conversion is about.
      return [...new Set([...Object.keys(written), ...names])]
        .filter(
          name => name !== flag && written[name] !== runs[name] && [written[name], runs[name]].every(isPlain),
        )
        .map(name => ({
          object: `Node ${node}`,
          field: `--${name}`,
          message: difference(name, written, runs),
        }))
    }),
  examples: {
    bad: [
      () => started('--v=2 --max-pods=250', ['--v=2']),
      () => started('--v=2', ['--v=4']),
      () => started('', ['--max-pods=250'], unit),
    ],
    good: [
      () => started('--v=2 --node-ip=10.0.0.11', ['--v=2', '--node-ip=10.0.0.12']),
      () => started('--max-pods 250', ['--max-pods', '250']),
      () => started('--v=2', ['--config=/var/lib/kubelet/config.yaml', '--v=2']),
      () => started('--v=2', ['--v=2'], unit),
      () => started('--hostname-override=$HOST', ['--hostname-override=n1']),
      () => situation(),
    ],
  },
})

/** A value with a variable in it is known when it runs; what a bundle leaves out is not known at all. */
const isPlain = (value: string | undefined): boolean =>
  value === undefined || !(value.includes('$') || value.includes('REDACTED'))

type Flags = Readonly<Record<string, string>>
const difference = (name: string, written: Flags, runs: Flags): string => {
  if (!(name in runs)) return 'is written, and the kubelet runs without it'
  return name in written ? 'is written with another value than runs' : 'runs, and is written nowhere'
}

const serving = ruleThere({
  id: 'kubelet-restart/serving-certificate',
  severity: 'warning',
  title: 'somebody approves the serving certificates of kubelets with their second address',
  why: 'With serverTLSBootstrap a kubelet asks for a new serving certificate as soon as its addresses change. Nobody in Kubernetes itself approves it; until then it serves the old one, without the new address: logs, exec and metrics over it fail. Approvers that compare names with DNS or with fixed prefixes may refuse the new family.',
  source: 'k/k:pkg/kubelet/certificate/kubelet.go, postfinance/kubelet-csr-approver',
  covers: ['practice serving-certificates', 'kubernetes 5.5'],
  remedy:
    'Before: let the approver accept the addresses to come (kubelet-csr-approver: provider-ip-prefixes and DNS of both families). After each node: `kubectl get csr`, and `kubectl certificate approve` what waits.',
  reads: [config, nodes],
  find: ({ cluster }, added) =>
    Object.keys(cluster.nodes)
      .filter(node => fieldsOf(cluster, node)?.['serverTLSBootstrap'] === 'true')
      .filter(node => !reportsFamily(findObject(cluster, 'v1/nodes', undefined, node), added === 'IPv6'))
      .map(node => ({
        object: `Node ${node}`,
        field: 'serverTLSBootstrap',
        message: `asks for a new serving certificate when it gets its ${added} address`,
      })),
  examples: {
    bad: [() => given({}, 'v1.36.3', 'serverTLSBootstrap: true\n')],
    good: [
      () => given({}, 'v1.36.3', 'serverTLSBootstrap: false\n'),
      () => given({}, 'v1.36.3', 'serverTLSBootstrap: true\n', ['10.0.0.11', 'fd00:10::11']),
    ],
  },
})

function reportsFamily(node: KubeObject | undefined, isIPv6: boolean): boolean {
  const status = node?.['status'] as
    | { addresses?: readonly { type?: string; address?: string }[] }
    | undefined
  const list = status?.addresses ?? []
  return list.some(one => one.type === 'InternalIP' && one.address?.includes(':') === isIPv6)
}

const given = (
  facts: Partial<NodeFacts>,
  running = 'v1.36.3',
  text = 'kind: KubeletConfiguration\n',
  addresses: readonly string[] = ['10.0.0.11'],
) =>
  situation({
    node: { files: { [configFile]: { text } }, ...facts },
    objects: {
      'v1/nodes': [
        {
          metadata: { name: 'n1' },
          status: {
            nodeInfo: { kubeletVersion: running },
            addresses: addresses.map(address => ({ type: 'InternalIP', address })),
          },
        },
      ],
    },
  })

const unit = [
  '[Service]',
  'EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env',
  'ExecStart=/usr/bin/kubelet $KUBELET_KUBEADM_ARGS',
  '',
].join('\n')

const started = (written: string, kubeletArguments: readonly string[], service?: string) =>
  situation({
    node: {
      files: {
        '/var/lib/kubelet/kubeadm-flags.env': { text: `KUBELET_KUBEADM_ARGS="${written}"\n` },
        ...(service !== undefined && { '/usr/lib/systemd/system/kubelet.service': { text: service } }),
      },
      kubeletArguments,
    },
  })

export const restartRules = [cgroup, newer, ahead, drift, serving] as const
