import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEnvFlags, setEnvFlag } from './env.ts'
import { changedLines, outcomeOf } from './testing/law.ts'
import { environmentFile, flagsIn, wordsOf } from './testing/reference.ts'

const ours = 'KUBELET_EXTRA_ARGS'
const pair = '10.0.0.1,fd00::1'

/** What stands around the variable in files of this kind, and what may hide it or make of it something else. */
const around = fc.constantFrom(
  '',
  '# a comment',
  '; a comment',
  `# ${ours}="--node-ip=1"`,
  'X=1',
  'Y="a b" ',
  `NOT_${ours}="--node-ip=1"`,
  'Z="--node-ip=1"',
  '\tT=1',
  'this is prose',
)
const odd = fc.constantFrom(
  'X=a \\',
  '# a comment that goes on \\',
  'X="a text of',
  "X='",
  '[Service]',
  `Environment="${ours}=--v=1"`,
  `Environment=${ours}=--v=1`,
  `export ${ours}="--v=1"`,
  `${ours}="--v=1"`,
)
const word = fc.constantFrom(
  '--node-ip=1',
  '--node_ip=1',
  '--node-ip 1',
  "--node-ip='1'",
  '--node-ip=2',
  '--node-ip',
  '--v=4',
  '-v 4',
  '--on',
  '--x=',
  "--labels='a b'",
  '--gates=a=true,b=false',
  '--node-ips=1',
)
const value = fc
  .tuple(fc.array(word, { maxLength: 4 }), fc.constantFrom(' ', '  ', '\t'), fc.constantFrom('', ' '))
  .map(([words, gap, end]) => words.join(gap) + end)
const line = fc
  .tuple(value, fc.constantFrom('', '"', '"', "'"), fc.constantFrom('', ' '), fc.constantFrom('', ' ', '\\'))
  .map(([value, quote, space, end]) => `${space}${ours}=${quote}${value}${quote}${end}`)

const file = fc
  .record({
    before: fc.array(fc.oneof({ arbitrary: around, weight: 5 }, { arbitrary: odd, weight: 1 }), {
      maxLength: 3,
    }),
    own: fc.option(line, { freq: 5 }),
    after: fc.array(fc.oneof({ arbitrary: around, weight: 5 }, { arbitrary: odd, weight: 1 }), {
      maxLength: 2,
    }),
    eol: fc.constantFrom('\n', '\r\n'),
    finalEol: fc.boolean(),
  })
  .map(({ before, own, after, eol, finalEol }) => {
    const lines = [...before, ...(own === null ? [] : [own]), ...after]
    return lines.join(eol) + (finalEol && lines.length > 0 ? eol : '')
  })

const flagsBy = (text: string, variable: string) =>
  flagsIn(wordsOf(environmentFile(text).findLast(([name]) => name === variable)?.[1] ?? ''))
const but = (flags: readonly (readonly [string, unknown])[], name: string) =>
  flags.filter(([found]) => found !== name)

describe('an env file as systemd reads it', () => {
  it('has exactly the flag changed, in exactly its line, or is refused', () => {
    const codes = new Map<string, number>()
    fc.assert(
      fc.property(file, fc.option(fc.constantFrom(pair, '1')), (text, wanted) => {
        const outcome = outcomeOf(text, found => setEnvFlag(found, ours, 'node-ip', wanted))
        codes.set(outcome.refused ?? 'edited', (codes.get(outcome.refused ?? 'edited') ?? 0) + 1)
        if (outcome.refused !== undefined) return
        const { after } = outcome
        const [was, is] = [flagsBy(text, ours), flagsBy(after, ours)]
        expect(but(is, 'node-ip')).toEqual(but(was, 'node-ip'))
        const found = is.filter(([name]) => name === 'node-ip').map(([, value]) => value)
        expect([...new Set(found)]).toEqual(wanted === null ? [] : [wanted])
        expect(but(environmentFile(after), ours)).toEqual(but(environmentFile(text), ours))
        const { removed, inserted } = changedLines(text, after)
        expect(removed.length).toBeLessThanOrEqual(1)
        expect(inserted.length).toBeLessThanOrEqual(1)
        for (const line of [...removed.filter(line => line !== ''), ...inserted])
          expect(line).toMatch(new RegExp(`^\\s*${ours}=`))
      }),
      { numRuns: 1000 },
    )
    expect(codes.get('edited')).toBeGreaterThan(200)
    expect([...codes.keys()].sort()).toEqual(['edited', 'text.env', 'text.repeated'])
  })

  it('is read as systemd would read it, or refused', () => {
    fc.assert(
      fc.property(file, text => {
        const outcome = outcomeOf(text, found => {
          const read = readEnvFlags(found, ours) ?? {}
          expect(read).toEqual(
            Object.fromEntries(flagsBy(found, ours).map(([name, value]) => [name, value ?? 'true'])),
          )
          return found
        })
        expect(outcome.refused ?? 'text.env').toBe('text.env')
      }),
      { numRuns: 1000 },
    )
  })
})
