/** A chain of iptables' filter table: what its rules say, in order, and its policy where the kernel calls it. */
interface Chain {
  readonly policy: string
  readonly rules: string[]
}

/** The filter table of one family, from lines as iptables-save prints them. */
export class FilterTable {
  private readonly chains = new Map<string, Chain>()

  constructor(lines: readonly string[]) {
    for (const line of lines) {
      const [, name = '', policy = '-'] = /^:(\S+) (\S+)/.exec(line) ?? []
      if (name !== '') this.chains.set(name, { policy, rules: [] })
      const [, chain = '', rule = ''] = /^-A (\S+) (.*)$/.exec(line) ?? []
      if (chain !== '') this.chain(chain).rules.push(rule)
    }
  }

  /** Does a packet that no rule says anything of end in DROP or REJECT? */
  isClosed(name: string): boolean {
    return /^(?:DROP|REJECT)$/.test(this.chain(name).policy) || this.endsIn(name)
  }

  /** A last rule without any condition closes as well; firewalld and many scripts write it so. */
  private endsIn(name: string, seen = new Set<string>()): boolean {
    if (seen.has(name)) return false
    seen.add(name)
    return this.chain(name).rules.some(rule => {
      const [, target = ''] = /^-[jg] (\S+)/.exec(rule) ?? []
      return /^(?:DROP|REJECT)$/.test(target) || (this.chains.has(target) && this.endsIn(target, seen))
    })
  }

  /** Does any rule that a packet of this chain meets accept what the pattern says? */
  accepts(name: string, pattern: RegExp): boolean {
    return this.reached(name).some(rule => /-j ACCEPT\b/.test(rule) && pattern.test(rule))
  }

  /** Is what the pattern says dropped on its way in or through, by a rule that asks for no more than that? */
  drops(pattern: RegExp): boolean {
    return ['PREROUTING', 'INPUT', 'FORWARD'].some(name =>
      this.reached(name).some(
        rule =>
          / -j (?:DROP|REJECT)\b/.test(rule) &&
          /^-p \S+(?: -m \S+)? --dports? \S+ -j /.test(rule) &&
          pattern.test(rule),
      ),
    )
  }

  /** Which of two kinds of rules a packet of this chain meets first. */
  first(name: string, drops: RegExp, accepts: RegExp): 'drops' | 'accepts' | undefined {
    const rule = this.reached(name).find(one => drops.test(one) || accepts.test(one))
    return rule === undefined ? undefined : drops.test(rule) ? 'drops' : 'accepts'
  }

  /** The rules of a chain and of all that it may jump to. */
  private reached(name: string, seen = new Set<string>()): readonly string[] {
    if (seen.has(name)) return []
    seen.add(name)
    return this.chain(name).rules.flatMap(rule => {
      const target = / ?-[jg] (\S+)/.exec(rule)?.[1] ?? ''
      return [rule, ...(this.chains.has(target) ? this.reached(target, seen) : [])]
    })
  }

  private chain(name: string): Chain {
    const known = this.chains.get(name)
    if (known !== undefined) return known
    const made = { policy: '-', rules: [] }
    this.chains.set(name, made)
    return made
  }
}
