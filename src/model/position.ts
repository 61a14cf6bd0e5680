import type { KubeObject } from './cluster.ts'

interface Seen {
  lookups: number
  positions?: ReadonlyMap<string, number>
}

/** A list that is asked once or twice is walked through; an index costs as much as several walks. */
const fewLookups = 3
const seen = new WeakMap<readonly KubeObject[], Seen>()

/**
 * Where an object stands in a list; -1 when it is not there. Ten thousand Services are each looked up in a list of ten thousand: a list that is
 * asked often gets an index. An object may be replaced by one of the same name at its place; a list that grows or shrinks must be a new one.
 */
export function positionOf(list: readonly KubeObject[], namespace: string | undefined, name: string): number {
  const known = seen.get(list) ?? { lookups: 0 }
  seen.set(list, known)
  if (known.lookups++ < fewLookups)
    return list.findIndex(
      ({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === (namespace ?? ''),
    )
  known.positions ??= indexOf(list)
  return known.positions.get(keyOf(namespace, name)) ?? -1
}

/** The list with another object of the same name at that place; what is known of where the others stand goes with it. */
export function replacedAt(
  list: readonly KubeObject[],
  at: number,
  object: KubeObject,
): readonly KubeObject[] {
  const next = list.with(at, object)
  const known = seen.get(list)
  if (known !== undefined) seen.set(next, { ...known })
  return next
}

/** Of two with one name the first, as a walk would find it. */
function indexOf(list: readonly KubeObject[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>()
  for (const [index, { metadata }] of list.entries()) {
    const key = keyOf(metadata.namespace, metadata.name)
    if (!positions.has(key)) positions.set(key, index)
  }
  return positions
}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`
