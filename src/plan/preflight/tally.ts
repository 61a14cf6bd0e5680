import type { Cluster } from '../../model/cluster.ts'
import type { AnyRule, Finding } from '../../model/rule.ts'
import { identity } from './findings.ts'
import { type Missing, missingOf } from './unread.ts'

/**
 * What each rule came to over many inputs: every break once, in the order in which it was met, else one `ok`, else one `skipped`.
 * A rule that had nothing to judge is skipped too: `ok` is only said of what was looked at.
 */
export class Tally {
  readonly #broken = new Map<string, Map<string, Finding>>()
  readonly #kept = new Map<string, Finding>()
  readonly #skipped = new Map<string, Finding>()
  readonly #missing: ReadonlyMap<string, Missing>
  readonly #rules: readonly AnyRule[]

  constructor(rules: readonly AnyRule[], cluster: Cluster) {
    this.#rules = rules
    this.#missing = new Map(rules.map(rule => [rule.id, missingOf(rule, cluster)]))
  }

  /** Rules that can be judged: none of their lists is missing. */
  get judged(): readonly AnyRule[] {
    return this.#rules.filter(rule => this.#missing.get(rule.id)?.all === undefined)
  }

  add(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (finding.severity === 'ok') this.#kept.set(finding.rule, finding)
      else if (finding.severity === 'skipped') this.#skipped.set(finding.rule, finding)
      else {
        const known = this.#broken.get(finding.rule) ?? new Map<string, Finding>()
        this.#broken.set(finding.rule, known)
        const key = identity(finding)
        if (!known.has(key)) known.set(key, finding)
      }
    }
  }

  /** In the order of the rules. */
  findings(nothing: (rule: AnyRule) => string | undefined): readonly Finding[] {
    return this.#rules.flatMap(rule => {
      const broken = this.#broken.get(rule.id)
      if (broken !== undefined) return [...broken.values()]
      const missing = this.#missing.get(rule.id)
      const gap = missing?.all ?? missing?.some
      const skipped = (message: string): Finding => ({ ...plain(rule), severity: 'skipped', message })
      if (gap !== undefined) return [skipped(gap)]
      const found = this.#kept.get(rule.id) ?? this.#skipped.get(rule.id)
      if (found !== undefined) return [found]
      const reason = nothing(rule)
      return reason === undefined ? [] : [skipped(reason)]
    })
  }
}

const plain = (rule: AnyRule) => ({ rule: rule.id, object: '', field: '' })
