import type { Json } from '../base/json.ts'
import type { Plan, Reading, Target } from './plan.ts'

/** What stood at a target before a step touched it. For texts the hash; bytes stay where they are (backup on the node, line edits in the plan). */
export interface Found {
  readonly target: Target
  readonly value: Json
  readonly mode?: number
  readonly owner?: string
}

/** All a run says. The durable half (`opened`, `intend`, `settled`, `stopped`, `closed`) is the journal, fsynced; reporters take all. */
export type Event = { readonly run: string /** RFC 3339, milliseconds */; readonly at: string } & (
  | { readonly kind: 'opened'; readonly plan: Plan; readonly by: string }
  | { readonly kind: 'intend'; readonly step: string; readonly found: readonly Found[] }
  | { readonly kind: 'settled'; readonly step: string; readonly skipped?: true }
  | {
      readonly kind: 'stopped'
      readonly step?: string
      readonly code: string
      readonly message: string
      readonly next: string
    }
  | { readonly kind: 'closed' }
  /** It ends here without having come to its end: its plan does not fit the cluster any more. The next call makes a new one. */
  | { readonly kind: 'superseded'; readonly because: string }
  | { readonly kind: 'waiting'; readonly step: string; readonly gate: string; readonly reading: Reading }
  | { readonly kind: 'progress'; readonly step: string; readonly message: string }
)

export const isDurable = (event: Event): boolean => event.kind !== 'waiting' && event.kind !== 'progress'
