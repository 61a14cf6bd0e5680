type Labels = Readonly<Record<string, string>>

const token =
  /\s*(?:(&&|\|\||!=|==|[!(){},])|(all|global)\(\)|has\(\s*([^\s)]+)\s*\)|(not\s+in|in|contains|starts\s+with|ends\s+with)\b|"([^"]*)"|'([^']*)'|([A-Za-z0-9_./-]+))/y

interface Token {
  readonly kind: 'sign' | 'all' | 'has' | 'word' | 'text' | 'name'
  readonly value: string
}

/**
 * Does one of Calico's selectors choose something with these labels? undefined: the selector cannot be read.
 * https://docs.tigera.io/calico/latest/reference/resources/ippool#selector-syntax (the same in all resources)
 */
export function calicoSelects(selector: string, labels: Labels): boolean | undefined {
  const tokens = tokensOf(selector)
  // Nothing said chooses everything.
  if (tokens?.length === 0) return true
  if (tokens === undefined) return undefined
  const reader = new Reader(tokens, labels)
  const chosen = reader.any()
  return reader.isDone() ? chosen : undefined
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const trimmed = text.trim()
  token.lastIndex = 0
  while (token.lastIndex < trimmed.length) {
    const match = token.exec(trimmed)
    if (match === null) return undefined
    const [, sign, all, has, word, double, single, name] = match
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign })
    else if (all !== undefined) tokens.push({ kind: 'all', value: all })
    else if (has !== undefined) tokens.push({ kind: 'has', value: has })
    else if (word !== undefined) tokens.push({ kind: 'word', value: word.replaceAll(/\s+/g, ' ') })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'text', value: double ?? single ?? '' })
  }
  return tokens
}

/** Recursive descent; a mistake leaves tokens over, so that `isDone` tells. */
class Reader {
  private at = 0
  private isBroken = false
  constructor(
    private readonly tokens: readonly Token[],
    private readonly labels: Labels,
  ) {}

  isDone = (): boolean => !this.isBroken && this.at === this.tokens.length

  any(): boolean {
    let chosen = this.every()
    while (this.takes('||')) chosen = this.every() || chosen
    return chosen
  }

  private every(): boolean {
    let chosen = this.one()
    while (this.takes('&&')) chosen = this.one() && chosen
    return chosen
  }

  private one(): boolean {
    if (this.takes('!')) return !this.one()
    if (this.takes('(')) {
      const inner = this.any()
      return this.takes(')') ? inner : this.fail()
    }
    const first = this.tokens[this.at++]
    if (first?.kind === 'all') return true
    if (first?.kind === 'has') return this.labels[first.value] !== undefined
    return first?.kind === 'name' ? this.comparison(this.labels[first.value]) : this.fail()
  }

  private comparison(value: string | undefined): boolean {
    const sign = this.tokens[this.at++]?.value
    if (sign === 'in' || sign === 'not in') {
      const set = this.set()
      const isIn = value !== undefined && set.includes(value)
      return sign === 'in' ? isIn : !isIn
    }
    const operand = this.tokens[this.at++]
    if (operand?.kind !== 'text') return this.fail()
    if (sign === '==') return value === operand.value
    if (sign === '!=') return value !== operand.value
    if (sign === 'contains') return value?.includes(operand.value) === true
    if (sign === 'starts with') return value?.startsWith(operand.value) === true
    if (sign === 'ends with') return value?.endsWith(operand.value) === true
    return this.fail()
  }

  private set(): readonly string[] {
    const values: string[] = []
    if (!this.takes('{')) this.fail()
    for (let next = this.tokens[this.at]; next?.kind === 'text'; next = this.tokens[this.at]) {
      values.push(next.value)
      this.at++
      this.takes(',')
    }
    if (!this.takes('}')) this.fail()
    return values
  }

  private takes(sign: string): boolean {
    const next = this.tokens[this.at]
    const isNext = next?.kind === 'sign' && next.value === sign
    if (isNext) this.at++
    return isNext
  }

  private fail(): boolean {
    this.isBroken = true
    return false
  }
}
