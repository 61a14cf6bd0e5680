import type { Rule, Situation, Violation } from '../model/rule.ts'
import { isStandInPod, standInPod } from '../model/stand-in-pod.ts'
import { situation } from './example.ts'

const folder = '/etc/kubernetes/manifests'
const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const
const file = (name: string): string => `${folder}/${name}`
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const standIn = file(`${standInPod('kube-apiserver', 'f77be560ca')}.yaml`)
const healthy = components.map(name => file(`${name}.yaml`))
const given = (...more: readonly string[]) => situation({ node: { manifests: [...healthy, ...more] } })

/** A pod of another name that serves while an API server is exchanged; it goes by itself, and must not be taken away. */
const isOurs = (path: string): boolean => isStandInPod(nameOf(path).replace(/\.yaml$/, ''))

/** The component that a file of the folder is a copy of, by its name; undefined: of none. */
function copyOf(path: string): string | undefined {
  const name = nameOf(path)
  if (name.startsWith('.') || isOurs(path)) return undefined
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
      () => given(standIn),
      () => situation(),
    ],
  },
}

/** Virtual addresses and load balancers of the API that people put there on purpose, by the beginning of the file's name. */
const balancers = /^(?:kube-vip|keepalived|haproxy|nginx-proxy|nginx|lb-nginx|envoy)(?:[.-]|$)/

const ofManifests = (
  { cluster }: Situation,
  isMeant: (name: string, path: string) => boolean,
  message: string,
): readonly Violation[] =>
  Object.entries(cluster.nodes).flatMap(([node, facts]) =>
    (facts.manifests ?? [])
      .filter(path => !nameOf(path).startsWith('.') && isMeant(nameOf(path), path))
      .map(path => ({ object: `Node ${node}`, field: path, message })),
  )

const known: Rule<'cluster'> = {
  id: 'static-pods/load-balancer',
  on: 'cluster',
  severity: 'info',
  title: 'it is known which nodes carry the virtual address or the load balancer of the API',
  why: 'kube-vip, keepalived, haproxy and nginx as static pods are no stray files. The conversion leaves them as they are: clients keep coming to the API over the family that it has there.',
  source: 'kubernetes/kubeadm:docs/ha-considerations.md, kube-vip.io/docs/installation/static',
  covers: ['practice load-balancers', 'P38'],
  remedy: 'Nothing. One that checks API servers by a fixed port or address keeps finding them there.',
  reads: [{ kind: 'network', on: 'control-planes' }],
  judge: input =>
    ofManifests(input, name => balancers.test(name), 'stands in front of the API, and stays as it is'),
  examples: {
    bad: [() => given(file('kube-vip.yaml')), () => given(file('haproxy.yaml'), file('keepalived.yaml'))],
    good: [() => given(), () => given(file('.kube-vip.yaml.swp')), () => situation()],
  },
}

const strange: Rule<'cluster'> = {
  id: 'static-pods/not-known',
  on: 'cluster',
  severity: 'info',
  title: 'every file in the folder of static pods is of a kind that is known here',
  why: 'The kubelet starts whatever lies there. A file whose purpose is not known is left alone; but somebody should know it before control planes are restarted.',
  source: 'k/k:pkg/kubelet/config/file.go',
  covers: ['practice load-balancers', 'K16'],
  remedy: 'Look what it is. Move it out of the folder if nobody wants it.',
  reads: [{ kind: 'network', on: 'control-planes' }],
  judge: input =>
    ofManifests(
      input,
      (name, path) =>
        !components.some(component => name === `${component}.yaml`) &&
        !isOurs(path) &&
        copyOf(path) === undefined &&
        !balancers.test(name),
      'is a static pod that the conversion does not know, and leaves',
    ),
  examples: {
    bad: [() => given(file('backup-agent.yaml')), () => given(file('README'))],
    good: [
      () => given(),
      () => given(file('kube-vip.yaml'), file('kube-apiserver.yaml.bak'), file('.hidden.yaml')),
      () => given(standIn),
    ],
  },
}

export const staticPodRules = [copies, known, strange] as const
