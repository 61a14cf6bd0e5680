import { UnreachableError } from '../base/errors.ts'

/** What may go wrong on purpose. A rehearsal names one; the contract with the real thing is in docs/design.md, "Practice". */
export type Fault =
  /** Nobody answers on that node: ssh, or the pod that carries commands. What runs there goes on. */
  | { readonly kind: 'node-unreachable'; readonly node: string }
  /** No file of that node can be written. */
  | { readonly kind: 'disk-full'; readonly node: string }
  /** API servers that start on that node with changed arguments never become ready. */
  | { readonly kind: 'api-server-stays-down'; readonly node: string }
  /** New pods of this owner never become ready. `name` is the Deployment's, DaemonSet's or StatefulSet's. */
  | { readonly kind: 'pod-never-ready'; readonly namespace: string; readonly name: string }
  /** The program in the pods of this Service does not listen. */
  | { readonly kind: 'deaf'; readonly namespace: string; readonly name: string }
  /** Somebody else writes the object right before each of our next `times` writes of it. */
  | {
      readonly kind: 'other-writer'
      readonly resource: string
      readonly namespace?: string
      readonly name: string
      readonly times: number
    }

/** Stands for `kill -9`: nothing catches it but whoever asked for it. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

type Of<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>

/** What goes wrong, now and at which call. Counted are calls that change something, or could. */
export class Faults {
  /** Those calls, in order: `create v1/services demo/web`, `write n1 /etc/…`. */
  readonly calls: string[] = []
  /** Dies in front of the n-th of them, counted from 0, and in front of every call after it. */
  killAt = Number.POSITIVE_INFINITY
  /** The n-th of them fails once, as a cut connection would make it. Nothing of it was done. */
  failAt = -1
  readonly #active = new Set<Fault>()
  readonly #left = new Map<Fault, number>()

  /** From now on, until what is given back is called. */
  add(fault: Fault): () => void {
    this.#active.add(fault)
    return () => void this.#active.delete(fault)
  }

  find<Kind extends Fault['kind']>(kind: Kind, is: (fault: Of<Kind>) => boolean): Of<Kind> | undefined {
    return [...this.#active].find((fault): fault is Of<Kind> => fault.kind === kind && is(fault as Of<Kind>))
  }

  /** One of its `times` is used up; false: none was left. */
  take(fault: Of<'other-writer'>): boolean {
    const left = this.#left.get(fault) ?? fault.times
    this.#left.set(fault, left - 1)
    return left > 0
  }

  onNode(kind: 'node-unreachable' | 'disk-full' | 'api-server-stays-down', node: string): boolean {
    return [...this.#active].some(fault => fault.kind === kind && fault.node === node)
  }

  /** @throws Killed; UnreachableError `api.unreachable` */
  call(what: string): void {
    const index = this.calls.length
    if (index >= this.killAt) throw new Killed(`killed in front of: ${what}`)
    this.calls.push(what)
    if (index === this.failAt)
      throw new UnreachableError(
        `${what}: the connection was cut`,
        'api.unreachable',
        'Run the same command again.',
      )
  }

  /** A dead caller does not even look. @throws Killed */
  look(): void {
    if (this.calls.length >= this.killAt) throw new Killed('killed')
  }
}
