import type { KubeObject } from '../../model/cluster.ts'
import { lockAnnotations } from './labels.ts'

/**
 * How far a run has come, as the Lease says: for whoever looks at the cluster from elsewhere, and after the run has stopped. Written with each
 * renewal, so it is behind by ten seconds at most. It decides nothing: what is left is always planned from what is there.
 */
export interface RunMark {
  /** Name of its journal. */
  readonly run: string
  readonly direction: 'dual' | 'single'
  /** Whoever held the lock for it, and has its journal. */
  readonly by: string
  /** RFC 3339: when it said so last. `renewTime` is of whoever held the Lease last, who may only have looked. */
  readonly heard?: string
  /** The first step that is not settled, and its stage; absent: all are. */
  readonly step?: string
  readonly stage?: string
}

/** What a run says of itself; whoever holds the lock for it adds the rest. */
export type OwnMark = Omit<RunMark, 'by' | 'heard'>

const { run, direction, by, heard, step, stage } = lockAnnotations
const all: readonly string[] = [run, direction, by, heard, step, stage]

/** undefined: nothing has begun since the last run came to its end. */
export function markOf({ metadata }: KubeObject): RunMark | undefined {
  const has = metadata.annotations ?? {}
  const way = has[direction]
  const name = has[run]
  if (name === undefined || (way !== 'dual' && way !== 'single')) return undefined
  return {
    run: name,
    direction: way,
    by: has[by] ?? '',
    ...(has[heard] !== undefined && { heard: has[heard] }),
    ...(has[step] !== undefined && { step: has[step] }),
    ...(has[stage] !== undefined && { stage: has[stage] }),
  }
}

/** The Lease with this mark and no other. */
export function withMark(lease: KubeObject, mark: RunMark | undefined): KubeObject {
  const others = Object.entries(lease.metadata.annotations ?? {}).filter(([name]) => !all.includes(name))
  const own: Readonly<Record<string, string>> =
    mark === undefined
      ? {}
      : {
          [run]: mark.run,
          [direction]: mark.direction,
          [by]: mark.by,
          ...(mark.heard !== undefined && { [heard]: mark.heard }),
          ...(mark.step !== undefined && { [step]: mark.step }),
          ...(mark.stage !== undefined && { [stage]: mark.stage }),
        }
  return {
    ...lease,
    metadata: { ...lease.metadata, annotations: { ...Object.fromEntries(others), ...own } },
  }
}
