import pLimit from 'p-limit'
import { setField } from '../model/fields.ts'
import type { Refresh } from '../model/plan.ts'
import type { World } from '../world/ports.ts'
import { retryConflicts } from './drive.ts'

export interface ClearAnnotation {
  readonly world: Pick<World, 'api'>
  readonly progress: (message: string) => void
  readonly signal?: AbortSignal
}

const nodesAtOnce = 8

/** Looks at the Nodes as they are now, not as they were when the plan was made. Idempotent: where nothing is left, nothing is written. */
export async function clearAnnotation(
  { world: { api }, progress, signal }: ClearAnnotation,
  { annotation }: Extract<Refresh, { kind: 'clear-annotation' }>,
): Promise<void> {
  const names: string[] = []
  for await (const { metadata } of api.list('v1/nodes', { signal }))
    if (metadata.annotations?.[annotation] !== undefined) names.push(metadata.name)
  const limit = pLimit(nodesAtOnce)
  const results = await Promise.allSettled(
    names.map(name =>
      limit(() =>
        retryConflicts(`Node ${name}`, async () => {
          signal?.throwIfAborted()
          const node = await api.get('v1/nodes', undefined, name, signal)
          if (node?.metadata.annotations?.[annotation] === undefined) return
          await api.replace('v1/nodes', setField(node, ['metadata', 'annotations', annotation], null))
        }),
      ),
    ),
  )
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  progress(`${annotation} is gone from ${names.length} Nodes`)
}
