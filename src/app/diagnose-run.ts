import { messageOf } from '../base/errors.ts'
import { showable } from '../diagnose/index.ts'
import { findObject } from '../model/changes.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Evidence, RunSeen } from '../model/failure.ts'
import type { PastRun } from '../plan/restore.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { isDead } from '../world/own/holder.ts'
import { lockLease } from '../world/own/labels.ts'
import { acquiredAt, clocksApart, expiresAt, holderOf, processOf, renewedAt } from '../world/own/lease.ts'
import { markOf } from '../world/own/mark.ts'

export interface Look {
  readonly cluster: Cluster
  /** A bundle tells of the time when it was read, and the journals of this machine may know more than it. */
  readonly isLive: boolean
  /** Milliseconds since 1970. */
  readonly now: number
  readonly env?: NodeJS.ProcessEnv
}

export interface Looked {
  /** undefined: no sign of a run that has not come to its end. */
  readonly run?: RunSeen
  readonly notRead: readonly string[]
}

type Known = Omit<RunSeen, 'says' | 'next'>

/**
 * Looks for a run of ours that is under way or was interrupted. The Lease tells, also of a run that was started elsewhere; without an API
 * server, units on the nodes. A journal of this machine says why it stopped, and never that it is unfinished: somebody may have ended it from
 * another one.
 */
export async function lookForRun(look: Look): Promise<Looked> {
  const { past, notRead } = await journals(look)
  const units = unitsOf(look.cluster)
  const known = (await ofLease(look)) ?? ofUnits(units)
  if (known === undefined) return { notRead }
  const events = past.find(({ run }) => run === known.run)?.events ?? []
  // It ended, and was cut off before it could give its lock back.
  if (known.state === 'interrupted' && events.some(({ kind }) => kind === 'closed')) return { notRead }
  const whole: Known = { ...known, because: [...known.because, ...stopOf(events), ...units] }
  return { run: { ...whole, says: says(whole), next: next(whole) }, notRead }
}

const commandOf = (direction: 'dual' | 'single' | undefined): Pick<Known, 'command'> =>
  direction === undefined ? {} : { command: direction === 'dual' ? 'apply' : 'rollback' }

const timeOf = (milliseconds: number): string | undefined =>
  Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString()

async function ofLease({ cluster, isLive, now }: Look): Promise<Known | undefined> {
  const { resource, namespace, name } = lockLease
  const lease = findObject(cluster, resource, namespace, name)
  if (lease === undefined) return undefined
  const holder = holderOf(lease)
  const isHeld =
    holder !== '' && (!isLive || (now < expiresAt(lease) + clocksApart && !(await isDead(processOf(lease)))))
  const found = markOf(lease)
  // Whoever took the Lease over, and has not begun yet, left on it what it said of the run before.
  const mark = isHeld && found?.by !== holder ? undefined : found
  if (holder === '' && mark === undefined) return undefined
  // Whoever may write the Lease wrote these.
  const by = showable(mark?.by ?? holder)
  const at = isHeld ? timeOf(acquiredAt(lease)) : timeOf(Date.parse(mark?.heard ?? renewedAt(lease) ?? ''))
  return {
    state: isHeld ? 'under-way' : 'interrupted',
    ...commandOf(mark?.direction),
    ...(mark !== undefined && { run: showable(mark.run) }),
    ...(mark?.step !== undefined && { step: showable(mark.step) }),
    ...(mark?.stage !== undefined && { stage: mark.stage }),
    ...(by !== '' && { by }),
    ...(at !== undefined && { at }),
    because: [
      {
        where: `Lease ${namespace}/${name}`,
        says:
          holder === ''
            ? 'held by nobody, and says of a run that it has not come to its end'
            : isHeld
              ? `held by ${showable(holder)}`
              : `held by ${showable(holder)}, who does not renew it any more`,
      },
    ],
  }
}

/** A swap goes on without whoever began it, and an armed switch waits: both end by themselves, but for a swap whose API server does not come back. */
const ofUnits = (units: readonly Evidence[]): Known | undefined =>
  units.length === 0 ? undefined : { state: 'under-way', because: [] }

function unitsOf({ nodes }: Cluster): readonly Evidence[] {
  return Object.entries(nodes).flatMap(([node, { files }]) =>
    Object.entries(files).flatMap(([path, file]) => {
      const unit = /\/(dualstack-(swap|guard)-[^/]+\.service)$/.exec(path)
      if (unit === null || file === null) return []
      const run = /\/dualstack\/([^/\s]+)\//.exec(file.text)?.[1]
      const what =
        unit[2] === 'swap' ? 'exchanges a static pod' : 'puts files back unless a step is confirmed'
      return [
        {
          where: `Node ${node}, ${unit[1] ?? ''}`,
          says: `${what}${run === undefined ? '' : `, for ${showable(run)}`}`,
        },
      ]
    }),
  )
}

/** Why it stopped, where its journal is at hand. */
function stopOf(events: PastRun['events']): readonly Evidence[] {
  const last = events.findLast(({ kind }) => kind === 'stopped' || kind === 'intend' || kind === 'settled')
  if (last?.kind !== 'stopped') return []
  const where = last.step === undefined ? 'it stopped' : `it stopped at ${last.step}`
  return [{ where, says: showable(`${last.message} (${last.code}). ${last.next}`), at: last.at }]
}

async function journals({
  cluster,
  isLive,
  env,
}: Look): Promise<{ readonly past: readonly PastRun[]; readonly notRead: readonly string[] }> {
  if (!isLive || cluster.uid === '') return { past: [], notRead: [] }
  try {
    return { past: await readRuns(journalFolder(cluster.uid, env)), notRead: [] }
  } catch (error) {
    return { past: [], notRead: [`journals of this machine: ${messageOf(error)}`] }
  }
}

function says({ state, command, run, by, at, step }: Known): string {
  const where =
    step !== undefined ? `, at step ${step}` : command === undefined ? '' : ', after its last step'
  if (state === 'under-way') {
    const what =
      command === undefined
        ? 'A run of apply or rollback works on this cluster'
        : `A run of ${command} is taking this cluster ${command === 'apply' ? 'to dual-stack' : 'back to one family'}`
    const who = by === undefined ? '' : `: ${by}`
    const since = at === undefined ? '' : `, since ${at}`
    return `${what}${who}${since}${where}. What follows may be its half-done state.`
  }
  const who = by === undefined ? '' : ` of ${by}`
  const name = run === undefined ? '' : ` (${run})`
  const heard = at === undefined ? '' : `, last heard of at ${at}`
  return `A run of ${command ?? 'apply or rollback'}${who} did not come to its end${name}${heard}${where}. What follows may be its half-done state.`
}

function next({ state, command, by }: Known): string {
  if (state === 'under-way')
    return by === undefined
      ? 'Wait until it has ended: it comes to its end, or puts back what was there. Then ask again. One that is still there after 20 minutes is stuck: on its node `journalctl -u "dualstack-*"` says why, and the same command again takes it up.'
      : 'Wait until it has ended, or look at what it says where it runs. Then ask again: only what is left then is broken.'
  const { namespace, name } = lockLease
  const on =
    command === undefined
      ? 'Run `dualstack apply` or `dualstack rollback`, whichever it was, again to go on'
      : `\`dualstack ${command}\` goes on where it stopped`
  const other =
    command === 'rollback' ? '`dualstack apply` leads to dual-stack' : '`dualstack rollback` goes back'
  return `${on}, best where it ran, since its journal is there; ${other}. Where all is as it shall be already, either finds nothing to do and says so; or: kubectl -n ${namespace} delete lease ${name}`
}
