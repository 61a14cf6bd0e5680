import { isRecord } from './record.ts'

/** What the server sets by itself, whatever we send. */
const serversOwn = new Set([
  'resourceVersion',
  'generation',
  'managedFields',
  'uid',
  'creationTimestamp',
  'selfLink',
])

/**
 * Does the object on the server carry out what we sent? Asked after a write whose answer got lost: the refusal of the second try may be
 * our own first try's success. `exact`, after a replace: nothing more stands there either; after a create the server adds defaults.
 */
export function carriesOut(stored: unknown, sent: unknown, exact: boolean): boolean {
  if (!isRecord(stored) || !isRecord(sent)) return false
  return holds(
    { ...stored, metadata: own(stored.metadata) },
    { ...sent, metadata: own(sent.metadata) },
    exact,
    ['status'],
  )
}

const own = (metadata: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(isRecord(metadata) ? metadata : {}).filter(([key]) => !serversOwn.has(key)),
  )

function holds(stored: unknown, sent: unknown, exact: boolean, except: readonly string[] = []): boolean {
  if (Array.isArray(sent)) {
    return (
      Array.isArray(stored) &&
      stored.length === sent.length &&
      sent.every((item, index) => holds(stored[index], item, exact))
    )
  }
  if (isRecord(sent)) {
    if (!isRecord(stored)) return false
    const keys = new Set([...Object.keys(sent), ...(exact ? Object.keys(stored) : [])])
    return [...keys].every(key => except.includes(key) || holds(stored[key], sent[key], exact))
  }
  return stored === sent || (stored === undefined && sent === null)
}
