import { lookup } from 'node:dns/promises'
import { messageOf } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, getText } from '../model/fields.ts'
import { ApiError } from '../world/api/api-error.ts'
import type { KubeApi, ListOptions } from '../world/ports.ts'
import { hostNamesOf, isBalanced, nameOf, type Resolved } from './entrances.ts'
import { type Around, controllerOf } from './ingress-entrances.ts'

/** What leads to the ways in from outside. */
export type Outward = Omit<Around, 'nodes' | 'given'> & { readonly ingresses: readonly KubeObject[] }

/** What we may not read, or what the server does not serve, is not there. */
export async function quietly<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return otherwise
    throw error
  }
}

export async function readOutward(api: KubeApi, signal?: AbortSignal): Promise<Outward> {
  const all = (resource: string, options: ListOptions = {}) =>
    quietly(async () => {
      const found: KubeObject[] = []
      for await (const object of api.list(resource, { ...options, signal })) found.push(object)
      return found
    }, [])
  const [services, ingresses, classes] = await Promise.all([
    all('v1/services'),
    all('networking.k8s.io/v1/ingresses'),
    all('networking.k8s.io/v1/ingressclasses'),
  ])
  const resolved = await resolve([...services.filter(isBalanced), ...ingresses])
  const controllers = new Set(
    ingresses.flatMap(ingress => controllerOf(ingress, { services, classes, resolved }) ?? []),
  )
  const local = [...controllers].filter(
    service => getText(service, ['spec', 'externalTrafficPolicy']) === 'Local',
  )
  const carriers = await Promise.all(
    local.map(async service => {
      const { namespace, name } = service.metadata
      const labelSelector = `kubernetes.io/service-name=${name}`
      const slices = await all('discovery.k8s.io/v1/endpointslices', { namespace, labelSelector })
      return [nameOf(service), slices.flatMap(carriersIn)] as const
    }),
  )
  return { services, ingresses, classes, resolved, carriers: new Map(carriers) }
}

function carriersIn(slice: KubeObject): readonly string[] {
  const endpoints = (getField(slice, ['endpoints']) ?? []) as readonly {
    nodeName?: string
    conditions?: { ready?: boolean }
  }[]
  return endpoints.flatMap(({ nodeName, conditions }) =>
    nodeName === undefined || conditions?.ready === false ? [] : [nodeName],
  )
}

/** As whoever asks from this machine would. */
async function resolve(objects: readonly KubeObject[]): Promise<Resolved> {
  const found = new Map<string, readonly string[] | string>()
  await Promise.all(
    hostNamesOf(objects).map(async name => {
      try {
        found.set(
          name,
          (await lookup(name, { all: true })).map(({ address }) => address),
        )
      } catch (error) {
        found.set(name, (error as NodeJS.ErrnoException).code ?? messageOf(error))
      }
    }),
  )
  return found
}
