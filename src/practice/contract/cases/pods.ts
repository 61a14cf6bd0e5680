import { familyOf } from '../../../address/index.ts'
import { BrokenContract, contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'
import { barePod, ipsOf, ready, running, uidsOf } from '../workload.ts'

const needs = ['workload'] as const
const pods = 'v1/pods'

/** Pods and who makes them again. */
export const podCases = [
  contractCase(
    'pods/addresses',
    'a pod gets one address of the primary family, and the addresses of its node as hostIPs',
    { needs },
    async trial => {
      const pod = await barePod(trial)
      trial.same(
        ipsOf(pod).map(text => familyOf(text)),
        [trial.place.primary],
        'families',
      )
      trial.same(field(pod, 'status', 'podIP'), ipsOf(pod)[0], 'podIP')
      const node = await trial.read('v1/nodes', undefined, field<string>(pod, 'spec', 'nodeName') ?? '')
      const address = field<readonly { address: string }[]>(node, 'status', 'addresses')?.[0]?.address
      trial.same(
        [field(pod, 'status', 'hostIP'), field(pod, 'status', 'phase')],
        [address, 'Running'],
        'hostIP and phase',
      )
    },
  ),
  contractCase('pods/bare', 'a pod without an owner does not come again', { needs }, async trial => {
    const pod = await barePod(trial)
    await trial.api.delete(pods, trial.namespace, pod.metadata.name)
    await trial.eventually('it is gone', async () => (await trial.list(pods)).length === 0)
    await trial.stays('nobody makes it again', async () => (await trial.list(pods)).length === 0, 3)
  }),
  contractCase(
    'pods/again',
    'a pod with an owner comes again with another uid; of a StatefulSet by the same name, else by another',
    { needs },
    async trial => {
      for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
        const { selector, pods: before } = await running(trial, kind)
        const [old] = before
        await trial.api.delete(pods, trial.namespace, old?.metadata.name ?? '')
        const now = await trial.eventually(
          'it was made again',
          async () => {
            const found = await ready(trial, selector, before.length)
            return found.some(({ metadata }) => metadata.uid === old?.metadata.uid) ? undefined : found
          },
          90,
        )
        const isSame = now.some(({ metadata }) => metadata.name === old?.metadata.name)
        trial.same(isSame, kind === 'StatefulSet', `same name, ${kind}`)
      }
    },
  ),
  contractCase(
    'pods/owner',
    'a pod names its controller: of a Deployment the ReplicaSet',
    { needs },
    async trial => {
      for (const [kind, owner] of [
        ['Deployment', 'ReplicaSet'],
        ['StatefulSet', 'StatefulSet'],
        ['DaemonSet', 'DaemonSet'],
      ] as const) {
        const {
          name,
          pods: [pod],
        } = await running(trial, kind)
        const [reference] = pod?.metadata.ownerReferences ?? []
        trial.same([reference?.kind, reference?.controller], [owner, true], 'owner')
        trial.holds(reference?.name.startsWith(name) === true, `owner ${reference?.name}`)
      }
    },
  ),
  contractCase('pods/scale', 'a Deployment follows its number of replicas', { needs }, async trial => {
    const { name, selector } = await running(trial, 'Deployment', { replicas: 1 })
    for (const replicas of [3, 1]) {
      await trial.edit('apps/v1/deployments', trial.namespace, name, object => ({
        ...object,
        spec: { ...(object['spec'] as object), replicas },
      }))
      await ready(trial, selector, replicas)
      await trial.eventually('its status says so', async () => {
        const found = await trial.read('apps/v1/deployments', trial.namespace, name)
        return (
          field(found, 'status', 'readyReplicas') === replicas &&
          field(found, 'status', 'observedGeneration') === found.metadata.generation
        )
      })
    }
  }),
  contractCase(
    'pods/uid',
    'a delete that names the uid of an older pod leaves the newer one of its name',
    { needs },
    async trial => {
      const {
        pods: [old],
        selector,
      } = await running(trial, 'StatefulSet')
      if (old === undefined) throw new BrokenContract('no pod')
      const { name, uid = '' } = old.metadata
      await trial.api.delete(pods, trial.namespace, name)
      const fresh = await trial.eventually(
        'the newer one is Ready',
        async () => {
          const found = await ready(trial, selector, 1)
          return uidsOf(found).includes(uid) ? undefined : found
        },
        90,
      )
      await trial.api.delete(pods, trial.namespace, name, { uid })
      trial.same(uidsOf(await trial.list(pods, selector)), uidsOf(fresh), 'uids')
    },
  ),
  contractCase(
    'pods/reach',
    'what listens in a pod is reached from every node, and what does not is not',
    { needs },
    async trial => {
      const {
        pods: [pod],
      } = await running(trial, 'Deployment')
      const port =
        field<readonly { containerPort: number }[]>(pod, 'spec', 'containers', 'name=main', 'ports')?.[0]
          ?.containerPort ?? 0
      for (const node of [...trial.place.controlPlanes, ...trial.place.workers]) {
        const address = hostPort(pod === undefined ? '' : (ipsOf(pod)[0] ?? ''), port)
        const deaf = hostPort(pod === undefined ? '' : (ipsOf(pod)[0] ?? ''), 9)
        const { reach } = await trial.nodes.facts(node, { reach: [address, deaf] })
        trial.same(reach, { [address]: true, [deaf]: false }, `from ${node}`)
      }
    },
  ),
  contractCase(
    'pods/service-reach',
    'a Service is reached by its ClusterIP once it has an endpoint',
    { needs },
    async trial => {
      const {
        name,
        pods: [pod],
      } = await running(trial, 'Deployment')
      const targetPort = field<readonly { containerPort: number }[]>(
        pod,
        'spec',
        'containers',
        'name=main',
        'ports',
      )?.[0]?.containerPort
      const service = await trial.service({ selector: { app: name }, ports: [{ port: 80, targetPort }] })
      const address = hostPort(field<string>(service, 'spec', 'clusterIP') ?? '', 80)
      await trial.eventually('it answers', () => reached(trial, address))
      const none = await trial.service({ selector: { app: 'none' }, ports: [{ port: 80 }] })
      const deaf = hostPort(field<string>(none, 'spec', 'clusterIP') ?? '', 80)
      trial.same(await reached(trial, deaf), false, 'one without endpoints')
    },
  ),
]

const hostPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

async function reached(trial: Trial, address: string): Promise<boolean> {
  const { reach = {} } = await trial.nodes.facts(trial.place.controlPlanes[0] ?? '', { reach: [address] })
  return reach[address] === true
}
