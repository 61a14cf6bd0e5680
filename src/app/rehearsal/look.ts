import { families, type Family } from '../../address/family.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Layer } from '../../model/layer.ts'
import { getField } from '../../model/fields.ts'
import type { Look } from '../../report/rehearsal.ts'
import { status } from '../status.ts'

/** What runs after a way: every layer by its rows, pods and Services by their families. */
export function look(cluster: Cluster, layers: readonly Layer[], goal: Goal): Look {
  const { rows, verdict } = status(cluster, layers)
  const wanted = goal.families.length > 1 ? 'dual-stack' : 'single-stack'
  const own = cluster.pods.filter(pod => !pod.hostNetwork && pod.phase === 'Running')
  const services = (cluster.objects['v1/services'] ?? []).map(
    service => (getField(service, ['spec', 'ipFamilies']) ?? []) as readonly Family[],
  )
  const count = (all: readonly (readonly Family[])[]) => ({
    of: all.length,
    both: all.filter(found => families.every(family => found.includes(family))).length,
  })
  return {
    verdict,
    rows: rows.length,
    others: rows.filter(row => row.verdict !== wanted).map(row => `${row.subject}: ${row.verdict}`),
    pods: count(own.map(pod => pod.families)),
    notReady: own.filter(pod => !pod.ready).length,
    services: count(services.filter(found => found.length > 0)),
  }
}
