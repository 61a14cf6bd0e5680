import pLimit from 'p-limit'
import { ConflictError, DualStackError, messageOf, StoppedError } from '../base/errors.ts'
import { applyFields, isObjectChange, isSysctlChange, isTextChange } from '../model/apply.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, setField } from '../model/fields.ts'
import type { Change, FileTarget, ObjectChange, SysctlChange, TextChange } from '../model/plan.ts'
import { applyEdits, hashText } from '../text/edits.ts'
import type { World } from '../world/ports.ts'
import { inspectObject, readText } from './inspect.ts'

/** How an API server is swapped; from the cluster, see `swap.ts`. */
export interface SwapSettings {
  readonly how: 'stand-in' | 'plain'
  readonly service: { readonly address: string; readonly port: number }
  readonly within: number
  server(node: string): { readonly address: string; readonly port: number }
}

export interface Drive {
  readonly world: World
  readonly run: string
  readonly swap: SwapSettings
  readonly progress: (message: string) => void
  readonly signal?: AbortSignal
}

/** Objects of one step are independent: a few at a time (kubernetes.md 2.6: allocators of old versions dislike many). */
const objectsAtOnce = 8
const attempts = 5

const nodesAtOnce = 16

/**
 * Brings every change of a step to `after`: first ConfigMaps, one after the other (before the annotation that rolls them out, and before the
 * files that are written from them), then what is on the nodes, each node's in the order given and several nodes at once, then objects.
 * What is there already is left alone; what is neither before nor after is a ConflictError.
 */
export async function drive(context: Drive, changes: readonly Change[]): Promise<void> {
  for (const change of changes) if (change.target.kind === 'config-map') await driveOne(context, change)
  const nodes = new Set(changes.flatMap(({ target }) => ('node' in target ? [target.node] : [])))
  await together(nodesAtOnce, [...nodes], async node => {
    for (const change of changes) {
      if ('node' in change.target && change.target.node === node) await driveOne(context, change)
    }
  })
  await together(objectsAtOnce, changes.filter(isObjectChange), change => driveObject(context, change))
}

/** Several at once; all come to their end before the first failure is thrown, so that nothing is left under way. */
async function together<T>(
  atOnce: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const limit = pLimit(atOnce)
  const results = await Promise.allSettled(items.map(item => limit(() => work(item))))
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function driveOne(context: Drive, change: Change): Promise<void> {
  context.signal?.throwIfAborted()
  if (isTextChange(change)) await driveText(context, change)
  else if (isSysctlChange(change)) await driveSysctl(context, change)
}

async function driveText(context: Drive, change: TextChange): Promise<void> {
  const { text } = await readText(context.world, change.target)
  const hash = text === null ? null : hashText(text)
  if (hash === change.after) return
  if (hash !== change.before) throw staleError(describe(change))
  const next = change.after === null ? null : applyEdits(text ?? '', change.edits)
  if (next !== null && hashText(next) !== change.after) throw brokenPlan(describe(change))
  if (change.target.kind === 'file') return driveFile(context, change, change.target, next)
  const { namespace, name, key } = change.target
  await retryConflicts(describe(change), async () => {
    const object = await context.world.api.get('v1/configmaps', namespace, name)
    const now = getField(object, ['data', key])
    if (object === undefined || typeof now !== 'string' || hashText(now) !== change.before)
      throw staleError(describe(change))
    await context.world.api.replace('v1/configmaps', setField(object, ['data', key], next), {})
  })
}

async function driveFile(
  context: Drive,
  change: TextChange,
  target: FileTarget,
  text: string | null,
): Promise<void> {
  const { world, run, swap } = context
  const write = { path: target.path, before: change.before, text, run }
  if (target.swap === undefined || text === null) {
    await world.nodes.write(target.node, write)
    return
  }
  const outcome = await world.nodes.swapStaticPod(
    target.node,
    {
      ...write,
      how: swap.how,
      service: swap.service,
      server: swap.server(target.node),
      within: swap.within,
      onProgress: context.progress,
    },
    context.signal,
  )
  if (outcome.kind !== 'undone') return
  throw new StoppedError(
    outcome.stage === 'proof'
      ? `${target.node}: the API server refuses the new flags, nothing was touched: ${outcome.says}`
      : `${target.node}: the new API server did not come up (${outcome.stage}), the old one is back: ${outcome.says}`,
    `api-server.${outcome.stage}`,
    outcome.stage === 'proof'
      ? 'Mend what its own words name, then plan again.'
      : `Look at its log: crictl logs of kube-apiserver on ${target.node}.`,
  )
}

async function driveSysctl(context: Drive, change: SysctlChange): Promise<void> {
  const { node, key } = change.target
  await context.world.nodes.setSysctl(node, key, change.after)
}

async function driveObject(context: Drive, change: ObjectChange): Promise<void> {
  const { api } = context.world
  const { namespace, name, api: resource } = change.target
  context.signal?.throwIfAborted()
  await retryConflicts(describe(change), async () => {
    const object = await api.get(resource, namespace, name)
    const { at } = inspectObject(change, object)
    if (at === 'after') return
    if (at === 'other') throw staleError(describe(change))
    if (change.existence === 'delete') return api.delete(resource, namespace, name, {})
    if (object === undefined) {
      const metadata: KubeObject['metadata'] = { name, ...(namespace === undefined ? {} : { namespace }) }
      await api.create(resource, applyFields({ metadata }, change), {})
      return
    }
    await api.replace(resource, applyFields(object, change), {})
  })
}

/** Somebody wrote between our read and our write: read again. An error of the server names the object it is about. */
export async function retryConflicts(what: string, attempt: () => Promise<void>): Promise<void> {
  for (let left = attempts; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (error instanceof DualStackError && isConflict(error) && left > 1) continue
      if (error instanceof DualStackError) throw error
      throw new StoppedError(
        `${what}: ${messageOf(error)}`,
        'run.write-failed',
        'Nothing after it was done. Run the same command again to go on.',
        error,
      )
    }
  }
}

const isConflict = (error: DualStackError & { reason?: string }): boolean =>
  error.reason === 'Conflict' || error.reason === 'AlreadyExists'

export function describe(change: Change): string {
  const { target } = change
  switch (target.kind) {
    case 'file':
      return `${target.node}:${target.path}`
    case 'sysctl':
      return `${target.node} sysctl ${target.key}`
    case 'config-map':
      return `ConfigMap ${target.namespace}/${target.name} (${target.key})`
    case 'object':
      return `${target.api.split('/').at(-1) ?? target.api} ${target.namespace === undefined ? '' : `${target.namespace}/`}${target.name}`
  }
}

export const staleError = (what: string): ConflictError =>
  new ConflictError(
    `${what} was changed by somebody else since the plan was made`,
    'plan.stale',
    'It was left as it is. Look at it, then make a new plan: it starts from what is there now.',
  )

const brokenPlan = (what: string): ConflictError =>
  new ConflictError(
    `${what}: the edits of the plan do not give the text that it promises: the plan file was edited`,
    'plan.edited',
    'Nothing was changed there. Make a new plan instead of editing one.',
  )
