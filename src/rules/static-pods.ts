import type { Rule } from '../model/rule.ts'
import { situation } from './example.ts'

const folder = '/etc/kubernetes/manifests'
const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const
const file = (name: string): string => `${folder}/${name}`
const healthy = components.map(name => file(`${name}.yaml`))
const given = (...more: readonly string[]) => situation({ node: { manifests: [...healthy, ...more] } })

/** The component that a file of the folder is a copy of, by its name; undefined: of none. */
function copyOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name.startsWith('.')) return undefined
  const component = components.find(one => new RegExp(`(^|[^a-z])${one}([^a-z]|$)`).test(name))
  return component === undefined || name === `${component}.yaml` ? undefined : component
}

const copies: Rule<'cluster'> = {
  id: 'static-pods/copies',
  on: 'cluster',
  severity: 'error',
  title: `no copy of a manifest lies in ${folder}`,
  why: 'The kubelet reads every file there that does not begin with a dot, whatever its name ends in. Of two that define one pod the last by name wins: kube-apiserver.yaml.bak takes the change back at the next reading, within 20 seconds, without a word. Taking the copy away stops the pod until the next reading.',
  source: 'k/k:pkg/kubelet/config/file.go, file_linux.go, common.go',
  covers: ['kubernetes 10', 'K16', 'P20'],
  remedy: 'Move the copy out of the folder at a moment when that component may restart on that node.',
  reads: [{ kind: 'network', on: 'control-planes' }],
  judge: ({ cluster }) =>
    Object.entries(cluster.nodes).flatMap(([node, facts]) =>
      (facts.manifests ?? []).flatMap(path => {
        const component = copyOf(path)
        if (component === undefined) return []
        return [
          { object: `Node ${node}`, field: path, message: `may define the pod ${component} a second time` },
        ]
      }),
    ),
  examples: {
    bad: [
      () => given(file('kube-apiserver.yaml.bak')),
      () => given(file('kube-controller-manager.yaml~')),
      () => given(file('kube-apiserver-old.yaml')),
      () => given(file('etcd.yaml.rpmsave')),
    ],
    good: [
      () => given(),
      () => given(file('.kube-apiserver.yaml.tmp'), file('kube-vip.yaml')),
      () => situation(),
    ],
  },
}

export const staticPodRules = [copies] as const
