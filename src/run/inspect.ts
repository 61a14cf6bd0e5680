import type { Json } from '../base/json.ts'
import { isObjectChange, isSysctlChange, isTextChange } from '../model/apply.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Found } from '../model/event.ts'
import { getField, sameJson } from '../model/fields.ts'
import type {
  Change,
  ConfigMapTarget,
  FileTarget,
  ObjectChange,
  SysctlChange,
  TextChange,
} from '../model/plan.ts'
import { hashText } from '../text/edits.ts'
import type { World } from '../world/ports.ts'

/** Where a target stands, against one change of it. `other`: neither as it was when the plan was made nor as the plan makes it. */
export interface Standing {
  readonly at: 'before' | 'after' | 'other'
  readonly found: Found
}

/** Reads what stands at the targets of some changes. Objects of one resource come in one list where many are asked for. */
export async function inspect(world: World, changes: readonly Change[]): Promise<readonly Standing[]> {
  const objects = await readObjects(world, changes.filter(isObjectChange))
  return Promise.all(
    changes.map(async change => {
      if (isTextChange(change)) return inspectText(world, change)
      if (isSysctlChange(change)) return inspectSysctl(world, change)
      return inspectObject(change, objects.get(objectKey(change)))
    }),
  )
}

export async function readText(
  world: World,
  target: FileTarget | ConfigMapTarget,
): Promise<{ text: string | null; mode?: number; owner?: string }> {
  if (target.kind === 'file') {
    const file = await world.nodes.read(target.node, target.path)
    return file === null ? { text: null } : file
  }
  const object = await world.api.get('v1/configmaps', target.namespace, target.name)
  const text = getField(object, ['data', target.key])
  return { text: typeof text === 'string' ? text : null }
}

async function inspectText(world: World, change: TextChange): Promise<Standing> {
  const { text, mode, owner } = await readText(world, change.target)
  const hash = text === null ? null : hashText(text)
  const found: Found = {
    target: change.target,
    value: hash,
    ...(mode === undefined ? {} : { mode }),
    ...(owner === undefined ? {} : { owner }),
  }
  return { at: hash === change.after ? 'after' : hash === change.before ? 'before' : 'other', found }
}

async function inspectSysctl(world: World, change: SysctlChange): Promise<Standing> {
  const { node, key } = change.target
  const value = (await world.nodes.facts(node, { network: true })).sysctls[key] ?? null
  return {
    at: value === change.after ? 'after' : value === change.before ? 'before' : 'other',
    found: { target: change.target, value },
  }
}

const objectKey = (change: ObjectChange): string =>
  `${change.target.api} ${change.target.namespace ?? ''}/${change.target.name}`

/** Above this many objects of one resource, one list is cheaper than a request each. */
const listFrom = 20

async function readObjects(
  world: World,
  changes: readonly ObjectChange[],
): Promise<ReadonlyMap<string, KubeObject | undefined>> {
  const found = new Map<string, KubeObject | undefined>()
  for (const resource of new Set(changes.map(change => change.target.api))) {
    const group = changes.filter(change => change.target.api === resource)
    if (group.length < listFrom) {
      await Promise.all(
        group.map(async change =>
          found.set(
            objectKey(change),
            await world.api.get(resource, change.target.namespace, change.target.name),
          ),
        ),
      )
      continue
    }
    const wanted = new Set(group.map(objectKey))
    for await (const object of world.api.list(resource)) {
      const key = `${resource} ${object.metadata.namespace ?? ''}/${object.metadata.name}`
      if (wanted.has(key)) found.set(key, object)
    }
  }
  return found
}

/** Judges an object against a change; exported for the driver, which looks again right before it writes. */
export function inspectObject(change: ObjectChange, object: KubeObject | undefined): Standing {
  const value: Json =
    object === undefined
      ? null
      : change.fields.map(field => ({ path: field.path, value: getField(object, field.path) }))
  const found: Found = { target: change.target, value }
  if (change.existence === 'delete') return { at: object === undefined ? 'after' : 'before', found }
  if (object === undefined) return { at: change.existence === 'create' ? 'before' : 'other', found }
  if (change.fields.every(field => covers(field.after, getField(object, field.path))))
    return { at: 'after', found }
  if (change.existence === 'create') return { at: 'other', found }
  const isKnown = change.fields.every(field => {
    const now = getField(object, field.path)
    return sameJson(now, field.before) || covers(field.after, now)
  })
  return { at: isKnown ? 'before' : 'other', found }
}

/** What we wrote is there (a driver's view of one field). The server may have added defaults to a map that we made. */
export function covers(wanted: Json, found: Json): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return sameJson(wanted, found)
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return false
  const map = found as Readonly<Record<string, Json>>
  return Object.entries(wanted).every(([key, value]) => covers(value, map[key] ?? null))
}
