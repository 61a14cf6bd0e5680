import { budgets, type Selector, type Unit } from './workload-units.ts'

/** What selects more pods than these beside those that are practised is left out: it would bring half the cluster with it. */
const mostPulled = 100
/** Nodes and pods beside those of what is always there: a part must not become the whole, however many kinds there are. */
const most = { nodes: 400, pods: 3000 }

/** Workloads and what selects them, as they are chosen: a Service or a budget with all that it selects, or not at all. */
export class Choice {
  readonly #kept: Set<Unit>
  readonly #selecting = new Set<Selector>()
  readonly #counting = new Set<Selector>()
  readonly #nodes = new Set<string>()
  readonly #room: { nodes: number; pods: number }

  constructor(
    readonly always: ReadonlySet<Unit>,
    room: Readonly<typeof most> = most,
  ) {
    this.#kept = new Set(always)
    this.#room = { ...room }
    for (const unit of always) for (const node of nodesOf(unit)) this.#nodes.add(node)
  }

  get kept(): ReadonlySet<Unit> {
    return this.#kept
  }
  get selecting(): ReadonlySet<Selector> {
    return this.#selecting
  }
  /** Budgets that are left out as they count pods of a DaemonSet: of these only those on nodes that are practised are there. */
  get counting(): ReadonlySet<Selector> {
    return this.#counting
  }

  /** Keeps a workload if there is room for it. */
  keep(unit: Unit): boolean {
    if (!this.#kept.has(unit) && !this.#hasRoomFor([unit])) return false
    this.#add(unit)
    return true
  }

  /** Pods that it would bring along. */
  pulled(selector: Selector): number {
    return this.#missing(selector).reduce((sum, unit) => sum + unit.pods.length, 0)
  }

  /** Takes a Service or a budget with all that it selects, if these are not too many and there is room for them. */
  offer(selector: Selector, limit = mostPulled): boolean {
    if (this.#selecting.has(selector)) return true
    if (selector.resource === budgets && [...selector.units].some(({ kind }) => kind === 'DaemonSet')) {
      this.#counting.add(selector)
      return false
    }
    if (this.pulled(selector) > limit || !this.#hasRoomFor(this.#missing(selector))) return false
    this.take(selector)
    return true
  }

  /** Takes it, whatever it brings along. */
  take(selector: Selector): void {
    this.#selecting.add(selector)
    for (const unit of selector.units) this.#add(unit)
  }

  /** Brings in what selects pods of the workloads that are kept, until nothing more comes. What is always there brings nothing along. */
  settle(): void {
    // A set gives those that come while it is gone through, too.
    for (const unit of this.#kept)
      for (const selector of unit.selectors) this.offer(selector, this.always.has(unit) ? 0 : mostPulled)
  }

  /** What selects some that are kept, and is not there. */
  without(): readonly Selector[] {
    const all = new Set([...this.#kept].flatMap(({ selectors }) => [...selectors]))
    return [...all].filter(selector => !this.#selecting.has(selector) && !this.#counting.has(selector))
  }

  #missing(selector: Selector): readonly Unit[] {
    return [...selector.units].filter(unit => !this.#kept.has(unit))
  }

  #hasRoomFor(units: readonly Unit[]): boolean {
    const pods = units.reduce((sum, unit) => sum + unit.pods.length, 0)
    const nodes = new Set(units.flatMap(nodesOf).filter(node => !this.#nodes.has(node)))
    return pods <= this.#room.pods && nodes.size <= this.#room.nodes
  }

  #add(unit: Unit): void {
    if (this.#kept.has(unit)) return
    this.#kept.add(unit)
    this.#room.pods -= unit.pods.length
    const before = this.#nodes.size
    for (const node of nodesOf(unit)) this.#nodes.add(node)
    this.#room.nodes -= this.#nodes.size - before
  }
}

/** Nodes that must be there for its pods: those of a DaemonSet are on nodes that are there anyway. */
const nodesOf = ({ kind, pods }: Unit): readonly string[] =>
  kind === 'DaemonSet' ? [] : pods.map(({ node }) => node).filter(node => node !== '')
