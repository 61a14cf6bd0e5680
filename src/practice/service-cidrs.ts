import { contains, tryParseCIDR, tryParseIP } from '../address/index.ts'
import type { KubeObject } from '../model/cluster.ts'
import { react } from './control-plane.ts'
import { isDeleting } from './pod-status.ts'
import type { Site } from './site.ts'

const resource = 'networking.k8s.io/v1/servicecidrs'
const addresses = 'networking.k8s.io/v1/ipaddresses'
const finalizer = 'networking.k8s.io/service-cidr-finalizer'
/** Seconds: until a new one is Ready; how often one that is to go is looked at; until the API server makes its own again. */
const readyAfter = 1
const lookEvery = 5
const madeAgainAfter = 10

export const cidrsOf = (object: KubeObject): readonly string[] =>
  ((object['spec'] ?? {}) as { cidrs?: readonly string[] }).cidrs ?? []

/** May addresses be given out of it? */
export const isUsable = (object: KubeObject): boolean => {
  const { conditions = [] } = (object['status'] ?? {}) as {
    conditions?: readonly { type: string; status: string }[]
  }
  return !isDeleting(object) && conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** The life of ServiceCIDR objects: Ready soon after they came, gone only when no address depends on them (servicecidrs_controller.go). */
export function keepServiceCIDRs(site: Site): void {
  site.store.onWrite(({ resource: written, before, after }) => {
    if (written !== resource) return
    if (after === undefined) return site.soon('own ServiceCIDR', madeAgainAfter, () => react(site))
    const { name } = after.metadata
    if (before === undefined) site.soon(`ready ${name}`, readyAfter, () => setReady(site, name))
    else if (isDeleting(after) && !isDeleting(before))
      site.soon(`going ${name}`, lookEvery, () => letGo(site, name))
  })
}

function setReady(site: Site, name: string): void {
  site.update(resource, undefined, name, object => ({
    ...object,
    metadata: { ...object.metadata, finalizers: [finalizer] },
    status: condition(site, 'True', '', 'Kubernetes Service CIDR is ready'),
  }))
}

const condition = (site: Site, status: string, reason: string, message: string) => ({
  conditions: [{ type: 'Ready', status, lastTransitionTime: site.stamp(), reason, message }],
})

function letGo(site: Site, name: string): void {
  const object = site.store.get(resource, undefined, name)
  if (object === undefined || !isDeleting(object)) return
  if (!isNeeded(site, object)) return site.store.remove(resource, undefined, name)
  const message =
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'
  if (isUsable({ ...object, metadata: { name } }))
    site.update(resource, undefined, name, now => ({
      ...now,
      status: condition(site, 'False', 'Terminating', message),
    }))
  site.soon(`going ${name}`, lookEvery, () => letGo(site, name))
}

/** Does an address lie in it and in no other? */
function isNeeded(site: Site, object: KubeObject): boolean {
  const rangesOf = (one: KubeObject) =>
    cidrsOf(one).flatMap(text => tryParseCIDR(text, { allowHostBits: true }) ?? [])
  const own = rangesOf(object)
  const others = site.store
    .list(resource)
    .filter(one => one.metadata.name !== object.metadata.name && isUsable(one))
    .flatMap(rangesOf)
  return site.store.list(addresses).some(({ metadata }) => {
    const ip = tryParseIP(metadata.name)
    return (
      ip !== undefined && own.some(range => contains(range, ip)) && !others.some(range => contains(range, ip))
    )
  })
}
