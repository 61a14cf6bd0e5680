import { getField } from '../model/fields.ts'
import { isReady } from './pod-status.ts'
import { podResource, type Site } from './site.ts'

const leases = 'coordination.k8s.io/v1/leases'
/** Seconds. An API server looks at its own objects before it calls itself ready; a controller manager first has to lead. */
const leadsAfter = 2
const rounds = 10

/** What follows from a component of the control plane that came up: its own controllers, and who leads. */
export function runControlPlane(site: Site): void {
  site.onReady = (component, node) => {
    if (component === 'kube-apiserver') react(site)
    if (component !== 'kube-controller-manager') return
    site.later(leadsAfter, () => {
      lead(site, component, node)
      react(site)
    })
  }
}

/** Until nothing changes. */
export function react(site: Site): void {
  for (let round = 0; round < rounds; round++) {
    const changes = site.layers.flatMap(layer => layer.simulate?.reacts?.(site.cluster()) ?? [])
    if (changes.length === 0) return
    site.carryOut(changes)
  }
}

/** Who led goes on where it still runs; else the one that came takes over. Either way the Lease is renewed after it came. */
function lead(site: Site, component: string, node: string): void {
  const lease = site.store.get(leases, 'kube-system', component)
  const renewTime = `${new Date(site.clock.now()).toISOString().slice(0, -1)}000Z`
  const holder = getField(lease, ['spec', 'holderIdentity'])
  const name = typeof holder === 'string' ? holder.slice(0, holder.lastIndexOf('_')) : ''
  const leader = site.store.get(podResource, 'kube-system', `${component}-${name}`)
  const goesOn = name !== node && leader !== undefined && isReady(leader)
  const spec = {
    ...(lease?.['spec'] as object | undefined),
    holderIdentity: goesOn ? holder : `${node}_${site.store.newUID()}`,
    renewTime,
    ...(goesOn ? {} : { acquireTime: renewTime }),
  }
  if (lease !== undefined) site.store.put(leases, { ...lease, spec })
  else site.make(leases, { metadata: { namespace: 'kube-system', name: component }, spec })
}
