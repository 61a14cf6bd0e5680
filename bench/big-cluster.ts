/**
 * A big cluster, made of the bundled sample's own objects: as they came over the wire, with other names and addresses. Lists are generated
 * when they are asked for, so that nobody holds what somebody else measures.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledSample } from '../src/app/sample.ts'
import type { KubeObject, NodeFacts, Resource } from '../src/model/cluster.ts'
import { readBundle } from '../src/observe/bundle.ts'

export interface Size {
  readonly nodes: number
  readonly pods: number
  readonly services: number
}

export interface BigCluster {
  readonly resources: readonly Resource[]
  /** Undefined: the sample has no such list. */
  readonly list: (resource: Resource) => Iterable<KubeObject>
  readonly get: (resource: Resource, namespace: string | undefined, name: string) => KubeObject | undefined
  readonly facts: (node: string) => NodeFacts
}

const teams = 200
/** Room for 16,384 blocks of /24, where the sample has a /16 in the midst of it. */
const widened = (text: string): string => text.replaceAll('10.244.0.0/16', '10.192.0.0/10')
const maps = ['kubeadm-config', 'kube-proxy', 'kubelet-config', 'coredns', 'calico-config']

const bytes = (prefix: string, index: number): string => `${prefix}.${(index >> 8) & 255}.${index & 255}`
/** The sample's own two nodes keep their names and addresses. */
const worker = (index: number) => ({
  name: index < 1 ? 'n2' : `worker-${String(index).padStart(5, '0')}`,
  ipv4: index < 1 ? '10.89.1.12' : bytes('10.89', index + 512),
  ipv6: index < 1 ? 'fd00:89:1::12' : `fd00:89:1::${(index + 512).toString(16)}`,
})
const blockOf = (index: number): string =>
  `10.${192 + (index >> 10)}.${(index >> 2) & 255}.${(index & 3) * 64}`
const podAddress = (node: number, at: number): string => {
  const [a = '', b = '', c = '', d = ''] = blockOf(node + 8192).split('.')
  return `${a}.${b}.${c}.${Number(d) + (at % 64)}`
}
const uid = (kind: number, index: number): string =>
  `00000000-0000-4000-${(0x8000 + kind).toString(16)}-${index.toString(16).padStart(12, '0')}`

/** Replaces whole words of an object's JSON: names and addresses that stand in many places. */
function renamed(object: KubeObject, words: Readonly<Record<string, string>>): KubeObject {
  let text = JSON.stringify(object)
  for (const [word, by] of Object.entries(words)) text = text.replaceAll(word, by)
  return JSON.parse(text) as KubeObject
}

/** @throws RangeError where the sizes leave no pods for Deployments */
export async function bigCluster({ nodes, pods, services }: Size): Promise<BigCluster> {
  const folder = bundledSample()
  const sample = await readBundle(folder)
  const raw = new Map<Resource, readonly KubeObject[]>()
  const read = (resource: Resource): readonly KubeObject[] => {
    const known = raw.get(resource)
    if (known !== undefined) return known
    let found: readonly KubeObject[] = []
    try {
      const text = widened(readFileSync(join(folder, 'objects', `${resource}.json`), 'utf8'))
      found = (JSON.parse(text) as { items: KubeObject[] }).items
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    raw.set(resource, found)
    return found
  }
  const one = (resource: Resource, name: string): KubeObject => {
    const found = read(resource).find(object => object.metadata.name.startsWith(name))
    if (found === undefined) throw new Error(`the sample has no ${resource} ${name}`)
    return found
  }
  const workers = nodes - 1
  const daemonSets = read('apps/v1/daemonsets').map(({ metadata }) => metadata)
  const own = read('v1/pods').length
  const rest = pods - own - daemonSets.length * (workers - 1)
  if (rest < services)
    throw new RangeError(`${pods} pods are too few for ${nodes} nodes and ${services} Services`)
  /** One Deployment a Service; of them the first ones have a pod more. */
  const replicas = (app: number): number => Math.floor(rest / services) + (app < rest % services ? 1 : 0)
  const team = (app: number): string => `team-${app % teams}`
  const app = (index: number): string => `app-${String(index).padStart(5, '0')}`

  /** n copies of one object. Words of the sample that must differ are given by a function. */
  function* copies(
    of: KubeObject,
    kind: number,
    count: number,
    words: (index: number) => Readonly<Record<string, string>>,
    from = 0,
  ): Iterable<KubeObject> {
    for (let index = from; index < count; index++)
      yield renamed(of, { ...words(index), [of.metadata.uid ?? '-']: uid(kind, index) })
  }
  const apps = (of: KubeObject, kind: number, more: (index: number) => Record<string, string> = () => ({})) =>
    copies(of, kind, services, index => ({
      ...more(index),
      [deployment.metadata.uid ?? '-']: uid(1, index),
      [replicaSet.metadata.uid ?? '-']: uid(2, index),
      [service.metadata.uid ?? '-']: uid(3, index),
      '"namespace":"demo"': `"namespace":"${team(index)}"`,
      '"web': `"${app(index)}`,
    }))
  const deployment = one('apps/v1/deployments', 'web')
  const replicaSet = one('apps/v1/replicasets', 'web')
  const service = one('v1/services', 'web')
  const slice = read('discovery.k8s.io/v1/endpointslices').find(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web',
  )
  const budget = one('policy/v1/poddisruptionbudgets', 'web')
  const appPod = one('v1/pods', 'web')
  if (slice === undefined) throw new Error('the sample has no EndpointSlice of web')
  const serviceIP = String((service['spec'] as { clusterIP?: string }).clusterIP)

  function* appPods(): Iterable<KubeObject> {
    let serial = 0
    const [address] = (appPod['status'] as { podIPs: { ip: string }[] }).podIPs
    for (let index = 0; index < services; index++) {
      for (let copy = 0; copy < replicas(index); copy++, serial++) {
        const node = serial % workers
        const at = worker(node)
        const { name } = appPod.metadata
        yield renamed(appPod, {
          [name]: name.replace(/^web/, app(index)).replace(/.....$/, serial.toString(36).padStart(5, '0')),
          [replicaSet.metadata.uid ?? '-']: uid(2, index),
          [appPod.metadata.uid ?? '-']: uid(4, serial),
          '"namespace":"demo"': `"namespace":"${team(index)}"`,
          '"web': `"${app(index)}`,
          '"n2"': `"${at.name}"`,
          '"n1"': `"${at.name}"`,
          '10.89.1.12': at.ipv4,
          '10.89.1.11': at.ipv4,
          [address?.ip ?? '-']: podAddress(node, Math.floor(serial / workers) + 16),
        })
      }
    }
  }
  function* daemonPods(): Iterable<KubeObject> {
    for (const [kind, { name: owner }] of daemonSets.entries()) {
      const of = read('v1/pods').find(
        ({ metadata, spec }) =>
          metadata.ownerReferences?.some(reference => reference.name === owner) === true &&
          (spec as { nodeName?: string }).nodeName === 'n2',
      )
      if (of === undefined) throw new Error(`no pod of ${owner} on n2`)
      const { ip } = (of['status'] as { podIPs: { ip: string }[] }).podIPs[0] ?? { ip: '10.89.1.12' }
      for (let index = 1; index < workers; index++) {
        const at = worker(index)
        const { name } = of.metadata
        yield renamed(of, {
          [name]: `${owner}-${index.toString(36).padStart(5, '0')}`,
          [of.metadata.uid ?? '-']: uid(16 + kind, index),
          // One on the host's network has the address of its node, which is exchanged below.
          ...(ip === '10.89.1.12' ? {} : { [ip]: podAddress(index, kind) }),
          '"n2"': `"${at.name}"`,
          '10.89.1.12': at.ipv4,
        })
      }
    }
  }
  function* slices(of: KubeObject): Iterable<KubeObject> {
    const [first] = (of as unknown as { endpoints: Record<string, unknown>[] }).endpoints
    let serial = 0
    for (const [index, copy] of [...apps(of, 5)].entries()) {
      const endpoints = Array.from({ length: replicas(index) }, () => {
        const node = serial % workers
        const addresses = [podAddress(node, Math.floor(serial++ / workers) + 16)]
        return { ...first, addresses, nodeName: worker(node).name }
      })
      yield { ...copy, endpoints }
    }
  }
  const perNode = (of: KubeObject, kind: number) =>
    copies(
      of,
      kind,
      workers,
      index => ({
        '"n2"': `"${worker(index).name}"`,
        '10.89.1.12': worker(index).ipv4,
        '10.244.1.0/24': `10.${192 + (index >> 8)}.${index & 255}.0/24`,
      }),
      1,
    )
  const block = (of: KubeObject, kind: number) =>
    copies(
      of,
      kind,
      workers,
      index => ({
        'host:n2': `host:${worker(index).name}`,
        '"n2"': `"${worker(index).name}"`,
        'n2-10-244': `${worker(index).name}-10-244`,
        '10.244.217.0/26': `${blockOf(index + 8192)}/26`,
        '10-244-217-0-26': `${blockOf(index + 8192).replaceAll('.', '-')}-26`,
      }),
      1,
    )
  const onN2 = (resource: Resource): KubeObject => {
    const found = read(resource).find(object => JSON.stringify(object).includes('10.244.217.0/26'))
    if (found === undefined) throw new Error(`the sample has no ${resource} of n2`)
    return found
  }
  const more: Readonly<Record<Resource, () => Iterable<KubeObject>>> = {
    'v1/nodes': () => perNode(one('v1/nodes', 'n2'), 6),
    'v1/namespaces': () =>
      copies(one('v1/namespaces', 'demo'), 7, teams, index => ({ '"demo"': `"team-${index}"` })),
    'coordination.k8s.io/v1/leases': () => perNode(one('coordination.k8s.io/v1/leases', 'n2'), 8),
    'v1/services': () => apps(service, 3, index => ({ [serviceIP]: bytes('10.96', index + 4096) })),
    'discovery.k8s.io/v1/endpointslices': () => slices(slice),
    'apps/v1/deployments': () => apps(deployment, 1),
    'apps/v1/replicasets': () => apps(replicaSet, 2),
    'policy/v1/poddisruptionbudgets': () => apps(budget, 11),
    'v1/pods': function* () {
      yield* daemonPods()
      yield* appPods()
    },
    'crd.projectcalico.org/v1/ipamblocks': () => block(onN2('crd.projectcalico.org/v1/ipamblocks'), 9),
    'crd.projectcalico.org/v1/blockaffinities': () =>
      block(onN2('crd.projectcalico.org/v1/blockaffinities'), 10),
  }
  /** Those of the sample are counted for as many as there are nodes and pods now. */
  const own1 = (resource: Resource, object: KubeObject): KubeObject => {
    if (resource !== 'apps/v1/daemonsets') return object
    const status = { ...(object['status'] as Record<string, unknown>) }
    for (const [key, value] of Object.entries(status))
      if (value === 2 && key !== 'observedGeneration') status[key] = nodes
    return { ...object, status }
  }
  const sized = (resource: Resource, object: KubeObject): KubeObject => {
    if (resource !== 'apps/v1/deployments' && resource !== 'apps/v1/replicasets') return object
    const { name } = object.metadata
    const at = /^app-(\d+)/.exec(name)?.[1]
    if (at === undefined) return object
    const count = replicas(Number(at))
    return JSON.parse(
      JSON.stringify(object).replaceAll(/"((?:\w*R|r)eplicas)":3/g, `"$1":${count}`),
    ) as KubeObject
  }
  const byName = new Map(Array.from({ length: workers }, (_, index) => [worker(index).name, index] as const))
  const workerFacts = JSON.stringify(sample.nodes['n2'])
  return {
    resources: [...new Set([...Object.keys(sample.objects), 'v1/pods'])],
    *list(resource) {
      for (const object of read(resource)) yield own1(resource, object)
      for (const object of more[resource]?.() ?? []) yield sized(resource, object)
    },
    get(resource, namespace, name) {
      if (resource === 'v1/configmaps' && maps.includes(name)) {
        const path = join(folder, 'objects', resource, `${namespace ?? ''}.${name}.json`)
        return JSON.parse(widened(readFileSync(path, 'utf8'))) as KubeObject
      }
      return read(resource).find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
    },
    facts(node) {
      const index = byName.get(node)
      if (index === undefined || index === 0)
        return JSON.parse(widened(JSON.stringify(sample.nodes[node]))) as NodeFacts
      const { ipv4, ipv6 } = worker(index)
      return JSON.parse(
        workerFacts
          .replaceAll('10.89.1.12', ipv4)
          .replaceAll('fd00:89:1::12', ipv6)
          .replaceAll('"n2"', `"${node}"`),
      ) as NodeFacts
    },
  }
}
