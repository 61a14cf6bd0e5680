import type { Family } from '../address/family.ts'
import type { Json } from '../base/json.ts'
import type { LineEdit } from '../text/edits.ts'
import type { Resource } from './cluster.ts'
import type { Goal } from './goal.ts'

export interface FileTarget {
  readonly kind: 'file'
  readonly node: string
  readonly path: string
  /** A static pod whose change would be felt: swapped with a stand-in serving meanwhile (design.md, "prove, stand in, swap"). */
  readonly swap?: 'static-pod'
}
export interface SysctlTarget {
  readonly kind: 'sysctl'
  readonly node: string
  readonly key: string
}
/** One key of a ConfigMap that holds a text of its own (YAML, JSON): edited like a file. */
export interface ConfigMapTarget {
  readonly kind: 'config-map'
  readonly namespace: string
  readonly name: string
  readonly key: string
}
export interface ObjectTarget {
  readonly kind: 'object'
  readonly api: Resource
  readonly namespace?: string
  readonly name: string
}
/** A thing of the user's that differs before and after. Closed: one driver a kind. */
export type Target = FileTarget | SysctlTarget | ConfigMapTarget | ObjectTarget

/** A change of a text. Plans and journals hold hashes and the changed lines, never whole files. */
export interface TextChange {
  readonly target: FileTarget | ConfigMapTarget
  /** Hash of the whole text (`text/edits.ts`), null: not there. */
  readonly before: string | null
  readonly after: string | null
  readonly edits: readonly LineEdit[]
}
export interface SysctlChange {
  readonly target: SysctlTarget
  readonly before: string
  readonly after: string
}
/** One field of an object. A segment `name=x` picks the list item of that name. null: the field is not there. */
export interface FieldChange {
  readonly path: readonly string[]
  readonly before: Json
  readonly after: Json
}
export interface ObjectChange {
  readonly target: ObjectTarget
  /** Made by us or taken away by us, instead of edited; `fields` then lists every top-level field but metadata. */
  readonly existence?: 'create' | 'delete'
  readonly fields: readonly FieldChange[]
}
export type Change = TextChange | SysctlChange | ObjectChange

export interface OwnerRef {
  readonly namespace: string
  readonly kind: string
  readonly name: string
}

/** Makes what runs follow what is configured; the same in both directions. Each must be visible as state, so that a resumed run cannot skip it. */
export type Refresh =
  | { readonly kind: 'restart'; readonly node: string; readonly unit: string }
  | {
      readonly kind: 'recreate-pods'
      readonly owner: OwnerRef
      /** The families that each pod of the owner shall have, no more and no fewer. */
      readonly until: readonly Family[]
      /** `rollout`: a change of the pod template in the same step starts it; `eviction`: pods are evicted one by one, PDBs respected; `delete`: for pods that nobody makes again. */
      readonly by: 'rollout' | 'eviction' | 'delete'
      /** Pods that were ready when the plan was made: the next one goes only when as many are ready again. */
      readonly ready?: number
    }
  | {
      /** Takes out of the kernel of every node what Felix leaves there of a family that it no longer looks after: rules, sets, its device. */
      readonly kind: 'remove-rules'
      readonly family: Family
      /** The DaemonSet whose pods stand in the nodes' network namespaces and carry the tools. */
      readonly owner: OwnerRef
      readonly container: string
    }
  | {
      /** Takes out of every Node what a component keeps there and does not look after any more: it may have written it after the plan was made. */
      readonly kind: 'clear-annotation'
      readonly annotation: string
    }

/** A level to wait for, never an edge. Judged by the layer's gate of this id (`layer/name`), on fresh facts. */
export interface Gate {
  readonly id: string
  readonly args: Json
  /** Seconds until the run stops. */
  readonly within: number
  /** Seconds for which it must hold without a break. */
  readonly steady: number
  readonly because: string
}

export interface Reading {
  readonly holds: boolean
  /** What was seen, in words, for the person who waits. */
  readonly seen: string
  /** A known failure: stop now, do not wait for the limit. Says how to mend it. */
  readonly hopeless?: string
}

export interface Interruption {
  readonly what: string
  /** 0: nothing is felt. */
  readonly seconds: number
}

/** The dead man's switch of a step: unless the run confirms in time, the node puts its files back (and restarts the unit) by itself. */
export interface Guard {
  readonly node: string
  readonly within: number
  readonly unit?: string
}

/** Done when every change is at `after` and every gate holds. */
export interface Step {
  /** Unique in a plan, readable: `kube-apiserver/n1`. */
  readonly id: string
  readonly stage: string
  readonly layer: string
  readonly title: string
  readonly why: string
  readonly interrupts: readonly Interruption[]
  /** What the way back cannot remove. */
  readonly leaves: readonly string[]
  readonly needs: readonly Gate[]
  readonly changes: readonly Change[]
  readonly refreshes: readonly Refresh[]
  readonly gates: readonly Gate[]
  readonly guard?: Guard
  /** Stages whose steps may run while the gates of this one are still waited for; what comes after them waits for this step. */
  readonly meanwhile?: readonly string[]
}

/** Something a person must know that is not a change: pods left alone, Services held back, what cannot return. */
export interface Notice {
  readonly layer: string
  readonly object: string
  readonly message: string
  readonly remedy?: string
}

export interface Plan {
  readonly apiVersion: 'dualstack/v1'
  /** UID of the cluster it was made for. */
  readonly cluster: string
  /** Version of the tool. */
  readonly tool: string
  readonly direction: 'dual' | 'single'
  readonly goal: Goal
  readonly steps: readonly Step[]
  readonly notices: readonly Notice[]
  /** What whoever adds nodes must use from now on. */
  readonly joins: readonly string[]
}
