import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { lineEdits } from './edits.ts'
import { getScalar, setScalar } from './yaml-value.ts'

const both = '10.244.0.0/16,fd00:10:244::/56'

describe('getScalar', () => {
  const text = 'a:\n  b: "1"\n  c: 0644\n  d:\n  e: null\n  f: {g: h}\n  i: [1]\n"k": yes\n'
  it.each([
    [['a', 'b'], '1'],
    [['a', 'c'], '0644'],
    [['a', 'd'], undefined],
    [['a', 'e'], undefined],
    [['a', 'f'], undefined],
    [['a', 'f', 'g'], 'h'],
    [['a', 'i'], undefined],
    [['a', 'x', 'y'], undefined],
    [['a', 'b', 'x'], undefined],
    [['k'], 'yes'],
  ])('%j is %j', (path, value) => expect(getScalar(text, path)).toBe(value))

  it('reads the document of a kind', () => {
    const several = '---\nkind: A\nv: 1\n---\nkind: B\nv: 2\n---\n'
    expect(getScalar(several, ['v'], { kind: 'B' })).toBe('2')
    expect(() => getScalar(several, ['v'])).toThrow('line 5: there is a second document')
    expect(() => getScalar(several, ['v'], { kind: 'C' })).toThrow('there is no YAML C document')
  })
})

describe('setScalar', () => {
  const path = ['networking', 'podSubnet']
  it.each([
    [
      'replaces',
      'networking:\n  podSubnet: 10.244.0.0/16 # pods\n',
      `networking:\n  podSubnet: ${both} # pods\n`,
    ],
    [
      'drops quotes that are not needed',
      'networking:\n  podSubnet: "10.244.0.0/16"\n',
      `networking:\n  podSubnet: ${both}\n`,
    ],
    ['fills an empty string', "networking:\n  podSubnet: ''\n", `networking:\n  podSubnet: ${both}\n`],
    ['fills nothing', 'networking:\n  podSubnet:\n  x: y\n', `networking:\n  podSubnet: ${both}\n  x: y\n`],
    [
      'fills nothing with a comment',
      'networking:\n  podSubnet: # none\n',
      `networking:\n  podSubnet: ${both} # none\n`,
    ],
    ['fills null', 'networking:\n  podSubnet: null\n', `networking:\n  podSubnet: ${both}\n`],
    [
      'adds in the sorted place',
      'networking:\n  dnsDomain: x\n  serviceSubnet: y\n',
      `networking:\n  dnsDomain: x\n  podSubnet: ${both}\n  serviceSubnet: y\n`,
    ],
    [
      'adds at the front',
      'networking:\n  # first\n  serviceSubnet: y\n',
      `networking:\n  # first\n  podSubnet: ${both}\n  serviceSubnet: y\n`,
    ],
    [
      'adds at the end',
      'networking:\n  z: y\n  b: |\n    x\n\nq: r\n',
      `networking:\n  z: y\n  b: |\n    x\n  podSubnet: ${both}\n\nq: r\n`,
    ],
    [
      'adds without a last line end',
      'networking:\n  dnsDomain: x',
      `networking:\n  dnsDomain: x\n  podSubnet: ${both}`,
    ],
    [
      'adds with other line ends',
      'networking:\r\n  dnsDomain: x\r\n',
      `networking:\r\n  dnsDomain: x\r\n  podSubnet: ${both}\r\n`,
    ],
    ['opens {}', 'networking: {} # net\nz: 1\n', `networking: # net\n  podSubnet: ${both}\nz: 1\n`],
    ['opens nothing', 'networking:\nz: 1\n', `networking:\n  podSubnet: ${both}\nz: 1\n`],
    ['opens null', 'networking: null\nz: 1\n', `networking:\n  podSubnet: ${both}\nz: 1\n`],
    ['makes what is missing', 'kind: X\nz: 1\n', `kind: X\nnetworking:\n  podSubnet: ${both}\nz: 1\n`],
    [
      'keeps the indentation',
      'networking:\n    dnsDomain: x\n',
      `networking:\n    dnsDomain: x\n    podSubnet: ${both}\n`,
    ],
    [
      'changes nothing where it is there',
      `networking: \n  podSubnet: "${both}"\n`,
      `networking: \n  podSubnet: "${both}"\n`,
    ],
  ])('%s', (_, before, after) => expect(setScalar(before, path, both)).toBe(after))

  it.each([
    ['networking:\n  a: b\n  podSubnet: x # c\n  z: y\n', 'networking:\n  a: b\n  z: y\n'],
    ['networking:\n  podSubnet: x\nz: 1\n', 'networking: {}\nz: 1\n'],
    ['networking: # net\n  podSubnet: x', 'networking: {} # net'],
    ['networking:\n  podSubnet:\n  - x\n  - y\n  z: 1\n', 'networking:\n  z: 1\n'],
    ['networking: {}\n', 'networking: {}\n'],
    ['z: 1\n', 'z: 1\n'],
  ])('takes the key out of %j', (before, after) => expect(setScalar(before, path, null)).toBe(after))

  it('puts a key behind its sibling where that is asked for', () => {
    expect(setScalar('b: 1\nd: 2\n', ['a'], 'x', { after: 'b' })).toBe('b: 1\na: x\nd: 2\n')
    expect(setScalar('b: 1\nd: 2\n', ['c'], 'x', { after: 'gone' })).toBe('b: 1\nc: x\nd: 2\n')
  })

  it('takes quotes away also from the same value where that is asked for', () => {
    expect(setScalar(`a: "${both}"\n`, ['a'], both, { unquote: true })).toBe(`a: ${both}\n`)
    expect(setScalar('a: "24"\n', ['a'], '24', { unquote: true })).toBe('a: "24"\n')
  })

  it.each([
    ['24', '"24"'],
    ['true', '"true"'],
    ['yes', '"yes"'],
    ['0644', '"0644"'],
    ['12:30', '"12:30"'],
    ['1_000', '"1_000"'],
    ['1e3', '"1e3"'],
    ['2026-01-01', '"2026-01-01"'],
    ['null', '"null"'],
    ['~', '"~"'],
    ['', '""'],
    ['fd00::', '"fd00::"'],
    ['a: b', '"a: b"'],
    ['a #b', '"a #b"'],
    [' a', '" a"'],
    ['*a', '"*a"'],
    ['&a b', '"&a b"'],
    ['!a b', '"!a b"'],
    ['::/0', '::/0'],
    ['::1', '::1'],
    ['fd00::1', 'fd00::1'],
    ['10.0.0.1', '10.0.0.1'],
    [both, both],
    ['a\nb', '"a\\nb"'],
  ])('writes %j as %s', (value, source) => expect(setScalar('k: x\n', ['k'], value)).toBe(`k: ${source}\n`))

  it('changes a number of the same digits to a string', () => {
    expect(setScalar('k: 24\n', ['k'], '24')).toBe('k: "24"\n')
  })

  it.each([
    ['text.flow', 'networking: {podSubnet: x}\n'],
    ['text.flow', 'networking: {a: x}\n'],
    ['text.multi-line', 'networking:\n  podSubnet: x,\n    y\n'],
    ['text.multi-line', 'networking:\n  podSubnet: >-\n    x\n'],
    ['text.shape', 'networking:\n  podSubnet: [x]\n'],
    ['text.shape', 'networking:\n- podSubnet: x\n'],
    ['text.shape', 'networking: x\n'],
    ['text.shape', '- networking\n'],
    ['text.tag', 'networking:\n  podSubnet: !!str x\n'],
    ['text.alias', 'a: &a\n  podSubnet: x\nnetworking: *a\n'],
    ['text.alias', 'a: &a {}\nnetworking:\n  <<: *a\n'],
    ['text.alias', 'networking:\n  podSubnet: *nowhere\n'],
    ['text.json', '{"networking": {"podSubnet": "x"}}\n'],
    ['text.documents', ''],
    ['text.documents', 'a: b\n---\nnetworking:\n  podSubnet: x\n'],
    ['text.duplicate-key', 'networking:\n  podSubnet: x\n  podSubnet: y\n'],
    ['text.yaml', 'networking:\n  podSubnet: x\n a: b\n'],
    ['text.template', 'networking:\n  podSubnet: {{ .pods }}\n'],
  ])('refuses with %s: %j', (code, text) => {
    expect(() => setScalar(text, path, both)).toThrow(expect.objectContaining({ code }))
  })

  it('refuses to leave nothing', () => {
    expect(() => setScalar('a: b\n', ['a'], null)).toThrow('all there is')
  })

  it('says no value of the text in a message', () => {
    expect(() => setScalar('a: secret: x\n', ['a'], 'b')).toThrow('line 1: ')
    expect(() => setScalar('a: secret: x\n', ['a'], 'b')).not.toThrow('secret')
  })

  const key = fc.constantFrom('a', 'b', 'c', 'podSubnet', 'z z', '1')
  const { tree } = fc.letrec<{ tree: Record<string, unknown>; leaf: unknown }>(tie => ({
    leaf: fc.constantFrom<unknown>('x', '1', 1, true, null, '', 'a\nb\n', ['x', { y: 1 }], {}),
    tree: fc.dictionary(key, fc.oneof({ maxDepth: 3, depthIdentifier: 'tree' }, tie('leaf'), tie('tree')), {
      minKeys: 1,
      maxKeys: 4,
    }),
  }))

  it('sets any value at any path of any mapping, and adds at most one line for each key on the way', () => {
    fc.assert(
      fc.property(
        tree,
        fc.array(key, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(both, '24', 'x', ''),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (value, path, text, eol, final) => {
          const source = stringify(value, { version: '1.1', aliasDuplicateObjects: false }).replaceAll(
            '\n',
            eol,
          )
          // Without its last line end a block scalar that ends the text would be another value.
          const before = final || /[|>]/.test(source) ? source : source.trimEnd()
          const wanted = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
          if (!setIn(wanted, path, text)) {
            expect(() => setScalar(before, path, text)).toThrow(/is not a/)
            return
          }
          let after: string
          try {
            after = setScalar(before, path, text)
          } catch (error) {
            // The one form left: a value of several lines where the new one shall stand.
            expect(String(error)).toMatch(/several lines/)
            return
          }
          expect(parse(after, { version: '1.1' })).toEqual(wanted)
          const edits = lineEdits(before, after)
          expect(edits.length).toBeLessThanOrEqual(1)
          expect(edits[0]?.remove.length ?? 0).toBeLessThanOrEqual(1)
          expect(edits[0]?.insert.length ?? 0).toBeLessThanOrEqual(path.length + 1)
          expect(after.endsWith('\n')).toBe(before.endsWith('\n'))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('takes out what it put in', () => {
    fc.assert(
      fc.property(
        tree,
        fc.array(fc.constantFrom('new', 'newer'), { minLength: 1, maxLength: 3 }),
        (value, path) => {
          const before = stringify(value, { version: '1.1', aliasDuplicateObjects: false })
          const after = setScalar(setScalar(before, path, both), path, null)
          const wanted = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
          setIn(wanted, path, null)
          expect(parse(after, { version: '1.1' })).toEqual(wanted)
        },
      ),
      { numRuns: 50 },
    )
  })
})

/** Sets a value in place, null takes it out; false where something else than a mapping or nothing is in the way. */
function setIn(root: Record<string, unknown>, path: readonly string[], value: string | null): boolean {
  let at = root
  for (const key of path.slice(0, -1)) {
    at[key] ??= {}
    const next = at[key]
    if (typeof next !== 'object' || next === null || Array.isArray(next)) return false
    at = next as Record<string, unknown>
  }
  const last = path.at(-1) ?? ''
  const old = at[last]
  if (value === null) delete at[last]
  else at[last] = value
  return value === null || typeof old !== 'object' || old === null
}
