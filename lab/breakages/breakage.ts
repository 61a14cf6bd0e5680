import type { Family } from '../../src/address/family.ts'
import type { Site } from './site.ts'

/** Something that is broken on purpose in a real cluster, and what the tool is to say of it. */
export interface Breakage {
  /** `topic/name` */
  readonly id: string
  /** What somebody did, or what happened. */
  readonly title: string
  /** On which cluster: as kubeadm made it, or as the tool has converted it. */
  readonly base: 'single' | 'dual'
  /** Rows of the how-to, or values that it names, whose fault it is. */
  readonly howto: readonly string[]
  /** Breaks it and waits until it shows. What has to be put back is noted at the site. */
  break(site: Site): Promise<void>
  readonly expect: {
    readonly verify: SeenByTraffic | { readonly unseen: string }
    /** The cause that `diagnose` must name first: the id of a failure or of a rule. */
    readonly diagnose: string
  }
}

/** What `verify` must say; several: each of them. */
export interface SeenByTraffic {
  /** Probes of these scenarios fail in this family. */
  readonly fails?: readonly { readonly scenario: string; readonly family: Family }[]
  /** Nothing can be asked: it ends with this code. */
  readonly ends?: string
  /** Nodes that could not be tried. */
  readonly node?: string
}

/** What the two commands said, and how it went. */
export interface Outcome {
  readonly id: string
  readonly verify: {
    readonly code: number
    /** `pod-to-pod IPv6: 2 of 6`, in the order of the scenarios. */
    readonly failed: readonly string[]
    /** Of an error that ended it; of a node that could not be tried. */
    readonly says?: string
    readonly seen: boolean
  }
  readonly diagnose: {
    readonly code: number
    /** All causes, in the order in which they were named. */
    readonly found: readonly Cause[]
    readonly named: boolean
    /** How many errors it did not know. */
    readonly unknown: number
  }
  /** Seconds until, after it was mended, `diagnose` found nothing any more; undefined: it went on. */
  readonly quietAfter?: number
  /** What went on, or failed, after it was mended. */
  readonly left?: readonly string[]
  readonly seconds: number
}

export interface Cause {
  readonly failure: string
  /** What says the same, and was told with it. */
  readonly also?: readonly string[]
  readonly certainty: 'sure' | 'likely'
  /** Where it was seen first, and the words: of a component where one said it, else what stands there. */
  readonly where: string
  readonly says: string
  /** A component's own words, from a log, a journal or an event of the lab. */
  readonly isLine: boolean
}
