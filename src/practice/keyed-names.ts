import type { KubeObject } from '../model/cluster.ts'

/** Which objects have a key, by `namespace/name`. */
export class KeyedNames {
  readonly #names = new Map<string, Set<string>>()

  constructor(readonly keysOf: (object: KubeObject) => readonly string[]) {}

  of(key: string): ReadonlySet<string> {
    return this.#names.get(key) ?? none
  }

  /** An object came, changed or went. */
  move(before: KubeObject | undefined, after: KubeObject | undefined): void {
    const old = before === undefined ? noKeys : this.keysOf(before)
    const now = after === undefined ? noKeys : this.keysOf(after)
    if (old === now || same(old, now)) return
    const { namespace = '', name = '' } = (after ?? before)?.metadata ?? {}
    const full = `${namespace}/${name}`
    for (const key of old) {
      const names = this.#names.get(key)
      names?.delete(full)
      if (names?.size === 0) this.#names.delete(key)
    }
    for (const key of now) {
      const names = this.#names.get(key)
      if (names === undefined) this.#names.set(key, new Set([full]))
      else names.add(full)
    }
  }
}

const none: ReadonlySet<string> = new Set()
const noKeys: readonly string[] = []

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index])
