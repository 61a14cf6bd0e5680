import type { Family } from '../address/family.ts'

/** Where traffic starts or ends. */
export interface Place {
  readonly kind: 'pod' | 'node' | 'service' | 'ingress' | 'dns' | 'api-server' | 'outside'
  /** `demo/web` for what has a namespace, else the name. */
  readonly name: string
  /** The node that it stands on, where it stands on one. */
  readonly node?: string
}

/** One request that is sent, or would be: scenario × source × target × family × protocol. Data, made before anything is sent. */
export interface Ask {
  /** Unique in a verification, stable between two of the same cluster: a baseline is compared by it. */
  readonly id: string
  /** Id of the scenario that made it: `pod-to-pod`. */
  readonly scenario: string
  readonly family: Family
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'HTTP' | 'DNS' | 'ICMP'
  readonly from: Place
  readonly to: Place
  /** Canonical address that is asked; absent where the name itself is asked (DNS). */
  readonly address?: string
  readonly port?: number
  /** Host header, name that is resolved. */
  readonly host?: string
  /** Of an HTTP request; the server's own question for the caller's address where it is left out. */
  readonly path?: string
  /** Record that is asked of DNS. */
  readonly record?: 'A' | 'AAAA'
  /** Seconds for which one connection is held, with a request at each end of it. */
  readonly hold?: number
  /** Bytes of payload; fragmentation is forbidden where `exact` is set. */
  readonly size?: number
  readonly exact?: boolean
  /** `denied`: it passes when nothing comes through. */
  readonly expect: 'answers' | 'denied'
}

/** Something looked at to explain a failure: routes, neighbours, rules, endpoints of exactly that path. */
export interface Evidence {
  /** What was looked at, as a person would ask for it: `ip -6 route get fd00::1 (n1)`. */
  readonly of: string
  readonly says: string
}

export interface Answer {
  readonly ask: Ask
  readonly outcome: 'passed' | 'failed'
  /** In words: `200 from web-1 in 3 ms`, `connection refused`, `no answer in 2 s`. */
  readonly seen: string
  readonly milliseconds?: number
  /** Times that it was asked until it came as expected; absent where the first time did, or none. */
  readonly tries?: number
  /** Source address that the far side saw. */
  readonly seenFrom?: string
  readonly evidence?: readonly Evidence[]
  /** Id of the layer that is likely to blame. */
  readonly layer?: string
}

/** A scenario, or a family of it, that was not asked, and why. */
export interface Skipped {
  readonly scenario: string
  readonly family?: Family
  readonly reason: string
}

/** What traffic showed. A file of it is a baseline: every release must read it. */
export interface Verification {
  readonly apiVersion: 'dualstack/verify/v1'
  /** UID of the namespace kube-system. */
  readonly cluster: string
  /** RFC 3339 */
  readonly at: string
  readonly families: readonly Family[]
  readonly nodes: readonly string[]
  readonly answers: readonly Answer[]
  readonly skipped: readonly Skipped[]
  /** Against a baseline: ids that worked then and do not work now. */
  readonly worse?: readonly string[]
  /** Against a baseline: ids that failed then too. They are told, and do not make the result a failure. */
  readonly known?: readonly string[]
  /** Against a baseline: ids that worked then and were not asked now, because what they asked is gone or was skipped. */
  readonly notAsked?: readonly string[]
}
