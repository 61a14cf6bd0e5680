import { observe } from '../observe/live.ts'
import type { LeftNode } from '../plan/left-out.ts'
import { findDead } from '../run/dead-nodes.ts'
import { hideNodes } from '../run/hide-nodes.ts'
import type { Source } from './source.ts'

/** A source without its dead nodes, so that planning sees what a run would see. A bundle is taken as it is. */
export async function aliveOf(
  source: Source,
  named: ReadonlySet<string> = new Set(),
  signal?: AbortSignal,
): Promise<{ readonly living: Source; readonly dead: readonly LeftNode[] }> {
  if (source.world === undefined) return { living: source, dead: [] }
  const dead = await findDead(source.world, named, signal)
  if (dead.length === 0) return { living: source, dead }
  const world = await hideNodes(source.world, new Set(dead.map(({ name }) => name)))
  return { living: { ...source, world, read: (reads, how) => observe(world, reads, how) }, dead }
}
