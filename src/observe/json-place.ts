/** Where a text stops being JSON. */
export interface JsonPlace {
  /** 1-based. */
  readonly line: number
  readonly column: number
  readonly problem: string
}

/**
 * Finds the first place where a text is not JSON (RFC 8259); undefined: it is JSON.
 * Asked only after JSON.parse has thrown: the engine's own message often names no place, and quotes contents, which may be confidential.
 */
export function findJsonError(text: string): JsonPlace | undefined {
  let at = 0
  try {
    value(0)
    space()
    if (at < text.length) stop('nothing more was expected here')
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const before = text.slice(0, at).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, problem: error.message }
  }

  function stop(problem: string): never {
    throw new Problem(at >= text.length ? 'the text ends in the middle of a value' : problem)
  }
  function space(): void {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  }
  function expect(character: string): void {
    if (text.charAt(at) !== character) stop(`expected ${character}`)
    at++
  }
  function value(depth: number): void {
    if (depth > 1000) stop('nested too deep')
    space()
    const first = text.charAt(at)
    if (first === '{') return members('}', depth, true)
    if (first === '[') return members(']', depth, false)
    if (first === '"') return string()
    const plain = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    plain.lastIndex = at
    const found = plain.exec(text)
    if (!found) stop('expected a value')
    at += found[0].length
  }
  function members(end: string, depth: number, keyed: boolean): void {
    at++
    space()
    if (text.charAt(at) === end) return void at++
    for (;;) {
      if (keyed) {
        space()
        if (text.charAt(at) !== '"') stop('expected a key in double quotes')
        string()
        space()
        expect(':')
      }
      value(depth + 1)
      space()
      if (text.charAt(at) === end) return void at++
      if (text.charAt(at) !== ',') stop(`expected , or ${end}`)
      at++
    }
  }
  function string(): void {
    at++
    while (at < text.length) {
      const character = text.charAt(at)
      if (character === '"') return void at++
      if (character < ' ') stop('a control character stands in a string')
      if (character === '\\') {
        if (!/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at, at + 6)))
          stop('not an escape that JSON knows')
        at++
      }
      at++
    }
    stop('')
  }
}

class Problem extends Error {}
