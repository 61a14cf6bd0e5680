/** Numbers by place, of which the least is asked for again and again: a tree of the lesser of two. */
export class Least {
  /** The least below each inner node; the leaves begin at `#leaves`. */
  readonly #tree: number[]
  readonly #leaves: number

  constructor(numbers: readonly number[]) {
    let leaves = 1
    while (leaves < numbers.length) leaves *= 2
    this.#leaves = leaves
    this.#tree = Array.from(
      { length: 2 * leaves },
      (_, at) => numbers[at - leaves] ?? Number.POSITIVE_INFINITY,
    )
    for (let at = leaves - 1; at > 0; at--) this.#tree[at] = this.#lesser(at)
  }

  set(place: number, number: number): void {
    let at = place + this.#leaves
    this.#tree[at] = number
    for (at >>= 1; at > 0; at >>= 1) this.#tree[at] = this.#lesser(at)
  }

  /** Where the least stands, the first of equals; of no numbers at all it is 0. */
  at(): number {
    let at = 1
    while (at < this.#leaves) at = 2 * at + (this.#tree[2 * at] === this.#tree[at] ? 0 : 1)
    return at - this.#leaves
  }

  #lesser(at: number): number {
    return Math.min(this.#tree[2 * at] ?? 0, this.#tree[2 * at + 1] ?? 0)
  }
}
