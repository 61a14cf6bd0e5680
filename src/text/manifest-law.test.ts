import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RoughManifest, roughManifest } from './manifest.arbitrary.ts'
import { readFlags, setFlags } from './manifest.ts'
import { bareLines, changedLines, outcomeOf } from './testing/law.ts'
import { argvOf, flagsIn, podOf } from './testing/reference.ts'

const name = fc.constantFrom('bind-address', 'cluster-cidr', 'service-cluster-ip-range', 'v', 'absent')
const value = fc.constantFrom('10.0.0.0/16,fd00::/56', 'true', '', '1', "it's: # not")

/** Behind the program, which is the first item. */
const flagsBy = (text: string) => flagsIn(argvOf(text, 'c').slice(1))

/** The pod without the flags of the one container. */
function others(text: string): unknown {
  const pod = structuredClone<unknown>(podOf(text)) as { spec: { containers: Record<string, unknown>[] } }
  for (const container of pod.spec.containers)
    if (container['name'] === 'c') for (const list of ['command', 'args']) delete container[list]
  return pod
}

function allowed({ odd }: RoughManifest, name: string, uses: readonly (string | undefined)[]): string[] {
  return [
    ...[...odd].flatMap(form => {
      const [code = '', of = name] = form.split(' ')
      return of === name || code === 'text.alias' ? [code] : []
    }),
    // A new item has no place beside one with a tag.
    ...(uses.length === 0 && [...odd].some(form => form.startsWith('text.tag')) ? ['text.shape'] : []),
    ...(new Set(uses).size > 1 ? ['text.repeated'] : []),
  ]
}

/** Its last line has no end, and an empty one in front of it. */
const behindEmpty = ((): RoughManifest => {
  const head = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    command:\n    - c\n'
  const lines = [
    ...bareLines(head).map(text => ({ text })),
    { text: '    - -v=1', flag: 'v', part: 'both' as const },
  ]
  return { lines, odd: new Set(), text: lines.map(({ text }) => text).join('\n') }
})()

describe('a manifest as people write them', () => {
  it('has exactly the lines of one flag changed, or is refused for a form that is in it', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(roughManifest, name, fc.option(value), (parts, name, wanted) => {
        const { text } = parts
        const was = flagsBy(text)
        const uses = was.filter(([found]) => found === name).map(([, value]) => value)
        const outcome = outcomeOf(text, found => setFlags(found, 'c', { [name]: wanted }))
        const key = outcome.refused ?? (wanted === null ? 'out' : uses.length === 0 ? 'in' : 'set')
        seen.set(key, (seen.get(key) ?? 0) + 1)
        if (outcome.refused !== undefined) {
          expect(allowed(parts, name, uses)).toContain(outcome.refused)
          return
        }
        const { after } = outcome
        const is = flagsBy(after)
        expect(is.filter(([found]) => found !== name)).toEqual(was.filter(([found]) => found !== name))
        expect(is.filter(([found]) => found === name).map(([, value]) => value)).toEqual(
          wanted === null ? [] : Array.from({ length: Math.max(1, uses.length) }, () => wanted),
        )
        expect(others(after)).toEqual(others(text))
        expectLines(parts, after, name, wanted, uses)
      }),
      { numRuns: 200, examples: [[behindEmpty, 'v', null]] },
    )
    for (const key of ['in', 'out', 'set', 'text.alias', 'text.repeated', 'text.terminator'])
      expect(seen.get(key), key).toBeGreaterThan(0)
  })

  it('is read as pflag would read it', () => {
    fc.assert(
      fc.property(roughManifest, ({ text }) => {
        const read = readFlags(text, 'c')
        expect(read.argv).toEqual(argvOf(text, 'c'))
        expect(read.all.map(({ name, value }) => [name, value])).toEqual(
          flagsBy(text).map(([name, value]) => [name, value ?? '']),
        )
        for (const { name, line } of read.all)
          expect(bareLines(text)[line - 1]?.replaceAll('_', '-')).toMatch(new RegExp(`-${name}|\\|-`))
      }),
      { numRuns: 100 },
    )
  })
})

function expectLines(
  { text, lines }: RoughManifest,
  after: string,
  name: string,
  wanted: string | null,
  uses: readonly (string | undefined)[],
): void {
  const behind = lines.findIndex(({ text }) => text.endsWith('- "--"'))
  const found = bareLines(after)
  if (uses.length === 0) {
    const { removed, inserted } = changedLines(text, after)
    expect(removed).toEqual([])
    expect(inserted).toHaveLength(wanted === null ? 0 : 1)
    return
  }
  // Behind a lone `--` nothing is a flag. Where the lists change places the text's order is not that of the command line.
  if (behind >= 0) return
  const mine = lines.filter(({ flag }) => flag === name)
  if (wanted === null) {
    expect(found.filter(line => line !== '')).toEqual(
      lines.filter(line => !mine.includes(line) && line.text !== '').map(({ text }) => text),
    )
    return
  }
  expect(found).toHaveLength(bareLines(text).length)
  for (const [index, line] of lines.entries())
    if (!mine.includes(line) || (line.part === 'name' && uses[0] !== undefined))
      expect(found[index]).toBe(line.text)
}
