import pLimit from 'p-limit'
import { DualStackError, messageOf } from '../base/errors.ts'
import type { World } from '../world/ports.ts'

/** Runs whose copies a node keeps: a way there, the way back, and one more. They are for people; the way back uses line edits. */
const keep = 3
const nodesAtOnce = 16

/**
 * After a finished way back every run is of an era that is over: of the copies that nodes keep only the newest stay. A node that does not
 * answer keeps its own until the next time: nothing depends on it.
 */
export async function pruneCopies({ nodes, logger }: World, names: readonly string[]): Promise<void> {
  const limit = pLimit(nodesAtOnce)
  await Promise.all(
    names.map(node =>
      limit(async () => {
        try {
          const gone = await nodes.prune(node, keep)
          if (gone.length > 0) logger.debug(`node ${node}: copies of ${gone.join(', ')} taken away`)
        } catch (error) {
          if (!(error instanceof DualStackError)) throw error
          logger.debug(`node ${node}: copies of old runs stay: ${messageOf(error)}`)
        }
      }),
    ),
  )
}
