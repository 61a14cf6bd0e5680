import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { World } from '../world/ports.ts'
import type { External } from './context.ts'

/**
 * Each Ingress at the addresses that somebody named, in the families in which its own status has none: not every controller writes one, and a
 * cluster without a load balancer has none to write. One rule of each host is enough: the way in is the same.
 */
export async function namedIngresses(
  { api }: World,
  controllers: readonly External[],
  known: readonly External[],
  signal?: AbortSignal,
): Promise<readonly External[]> {
  if (controllers.length === 0) return []
  const found: External[] = []
  for await (const ingress of api.list('networking.k8s.io/v1/ingresses', { signal })) {
    const name = `${ingress.metadata.namespace ?? ''}/${ingress.metadata.name}`
    const open = controllers.filter(
      ({ family }) => !known.some(one => one.name === name && one.family === family),
    )
    for (const rule of rulesOf(ingress))
      for (const { family, address, port } of open) found.push({ name, family, address, port, ...rule })
  }
  return found
}

/** Wildcards name no host that could be asked for; without a rule the default backend answers to every name. */
function rulesOf(ingress: KubeObject): readonly Pick<External, 'host' | 'path'>[] {
  const rules = (getField(ingress, ['spec', 'rules']) ?? [{}]) as readonly {
    readonly host?: string
    readonly http?: { readonly paths?: readonly { readonly path?: string }[] }
  }[]
  return rules
    .filter(({ host }) => host?.includes('*') !== true)
    .map(({ host, http }) => ({
      path: http?.paths?.[0]?.path ?? '/',
      ...(host === undefined ? {} : { host }),
    }))
}
