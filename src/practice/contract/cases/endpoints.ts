import type { KubeObject } from '../../../model/cluster.ts'
import { contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'
import { ipsOf, ready, running } from '../workload.ts'

const needs = ['workload'] as const
const slices = 'discovery.k8s.io/v1/endpointslices'
const ports = [{ port: 80 }]

const slicesOf = (trial: Trial, service: KubeObject) =>
  trial.list(slices, `kubernetes.io/service-name=${service.metadata.name}`)
/** Address type → the addresses that are ready. */
const seen = (found: readonly KubeObject[]): Record<string, readonly string[]> => {
  const all: Record<string, string[]> = {}
  for (const slice of found) {
    const endpoints =
      field<readonly { addresses: readonly string[]; conditions?: { ready?: boolean } }[]>(
        slice,
        'endpoints',
      ) ?? []
    const list = (all[field<string>(slice, 'addressType') ?? ''] ??= [])
    list.push(
      ...endpoints
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) => addresses),
    )
    list.sort()
  }
  return all
}
const becomes = (trial: Trial, service: KubeObject, wanted: Readonly<Record<string, readonly string[]>>) =>
  trial.eventually(`EndpointSlices of ${service.metadata.name}`, async () => {
    const now = seen(await slicesOf(trial, service))
    if (
      JSON.stringify(now, Object.keys(now).toSorted()) ===
      JSON.stringify(wanted, Object.keys(wanted).toSorted())
    )
      return true
    throw new Error(`${JSON.stringify(now)}, not ${JSON.stringify(wanted)}`)
  })

/** EndpointSlices follow Services and pods. */
export const endpoints = [
  contractCase(
    'endpoints/single',
    'a Service has a slice of its family with the addresses of its ready pods',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'Deployment', { replicas: 2 })
      const service = await trial.service({ selector: { app: name }, ports })
      await becomes(trial, service, { [trial.place.primary]: pods.flatMap(pod => ipsOf(pod)).toSorted() })
      const [slice] = await slicesOf(trial, service)
      trial.same(
        slice?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
        'endpointslice-controller.k8s.io',
        'managed-by',
      )
      await trial.api.delete('v1/pods', trial.namespace, pods[0]?.metadata.name ?? '')
      await trial.eventually(
        'another pod is there',
        async () => {
          const now = await ready(trial, selector, 2)
          await becomes(trial, service, { [trial.place.primary]: now.flatMap(pod => ipsOf(pod)).toSorted() })
          return now.every(({ metadata }) => metadata.uid !== pods[0]?.metadata.uid)
        },
        90,
      )
    },
  ),
  contractCase('endpoints/gone', 'slices go with their Service', { needs }, async trial => {
    const { name, pods } = await running(trial, 'Deployment')
    const service = await trial.service({ selector: { app: name }, ports })
    await becomes(trial, service, { [trial.place.primary]: pods.flatMap(pod => ipsOf(pod)) })
    await trial.api.delete('v1/services', trial.namespace, service.metadata.name)
    await trial.eventually('they are gone', async () => (await slicesOf(trial, service)).length === 0)
  }),
  contractCase(
    'endpoints/one-family-pods',
    'a dual-stack Service over pods of one family has an empty slice of the other',
    { needs, phase: 'dual' },
    async trial => {
      const { primary, secondary } = trial.place
      const { name, pods } = await running(trial, 'Deployment')
      const service = await trial.service({
        ipFamilyPolicy: 'RequireDualStack',
        selector: { app: name },
        ports,
      })
      await becomes(trial, service, { [primary]: pods.flatMap(pod => ipsOf(pod)), [secondary]: [] })
      await trial.edit('v1/services', trial.namespace, service.metadata.name, found => ({
        ...found,
        spec: { ...(found['spec'] as object), ipFamilyPolicy: 'SingleStack' },
      }))
      await becomes(trial, service, { [primary]: pods.flatMap(pod => ipsOf(pod)) })
    },
  ),
  contractCase(
    'endpoints/nobody',
    'a Service whose selector chooses nobody has a slice without endpoints',
    {},
    async trial => {
      await becomes(trial, await trial.service({ selector: { app: 'nobody' }, ports }), {
        [trial.place.primary]: [],
      })
    },
  ),
]
