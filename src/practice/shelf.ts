import type { KubeObject } from '../model/cluster.ts'

/** The objects of one namespace. To write one costs the same however many there are; their order is made when somebody asks for it. */
export class Shelf {
  readonly #objects = new Map<string, KubeObject>()
  /** In order; some may have gone since. */
  #names: readonly string[] = []
  /** Those that came since `#names` was made. */
  #fresh: string[] = []
  #list: readonly KubeObject[] | undefined

  get(name: string): KubeObject | undefined {
    return this.#objects.get(name)
  }

  /** Gives what stood there. */
  put(object: KubeObject): KubeObject | undefined {
    const { name } = object.metadata
    const before = this.#objects.get(name)
    if (before === undefined) this.#fresh.push(name)
    this.#objects.set(name, object)
    this.#list = undefined
    return before
  }

  take(name: string): KubeObject | undefined {
    const before = this.#objects.get(name)
    if (before === undefined) return undefined
    this.#objects.delete(name)
    this.#list = undefined
    return before
  }

  /** In the order of their names. Never changed afterwards: who goes through it sees what was there when he asked. */
  list(): readonly KubeObject[] {
    if (this.#list !== undefined) return this.#list
    this.#names = merged(this.#names, this.#fresh.sort())
    this.#fresh = []
    const list: KubeObject[] = []
    const names: string[] = []
    for (const name of this.#names) {
      const object = this.#objects.get(name)
      if (object === undefined) continue
      list.push(object)
      names.push(name)
    }
    this.#names = names
    this.#list = list
    return list
  }
}

/** Two lists in order as one, each text once. */
function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  if (b.length === 0) return a
  const all: string[] = []
  let at = 0
  for (const text of b) {
    for (let next = a[at]; next !== undefined && next <= text; next = a[++at])
      if (next !== text) all.push(next)
    if (all.at(-1) !== text) all.push(text)
  }
  return [...all, ...a.slice(at)]
}
