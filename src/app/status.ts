import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import { type StatusReport, verdictOfAll } from '../report/status.ts'
import { verdictOf } from '../report/verdict.ts'

/** What is configured and what runs, layer by layer, in the order of the list. Pure: works on a bundle as on the live cluster. */
export function status(cluster: Cluster, layers: readonly Layer[]): StatusReport {
  const rows = layers.flatMap(layer => {
    const state = layer.read(cluster)
    return state === undefined
      ? []
      : layer.status(state).map(row => ({ layer: layer.id, ...row, verdict: verdictOf(row) }))
  })
  return {
    cluster: cluster.uid,
    version: cluster.version,
    verdict: verdictOfAll(rows),
    rows,
    unread: cluster.unread,
  }
}
