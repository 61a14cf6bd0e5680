import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { lineEdits } from './edits.ts'
import { type ExtraArgsForm, extraArgsForm, getExtraArg, setExtraArg } from './yaml-value.ts'

const config = (version: string, manager: string) =>
  `apiServer: {}\napiVersion: kubeadm.k8s.io/${version}\ncontrollerManager:${manager}\nkind: ClusterConfiguration\n`
const list = (manager: string) => config('v1beta4', manager)
const map = (manager: string) => config('v1beta3', manager)
const mask = 'node-cidr-mask-size-ipv6'
const set = (text: string, name: string, value: string | null) =>
  setExtraArg(text, 'controllerManager', name, value, extraArgsForm(text))

describe('extraArgs as a list, from v1beta4', () => {
  const one = '\n  extraArgs:\n  - name: a\n    value: "1"'
  const item = `\n  - name: ${mask}\n    value: "64"`
  it.each([
    ['{} becomes a block', list(' {}'), list(`\n  extraArgs:${item}`)],
    ['nothing becomes a block', list(''), list(`\n  extraArgs:${item}`)],
    ['an item is added', list(one), list(one + item)],
    ['an item is added with its comment behind', list(`${one} # c\n  # d`), list(`${one} # c${item}\n  # d`)],
    [
      'items keep their indentation',
      list('\n  extraArgs:\n    -   name: a\n        value: b'),
      list(`\n  extraArgs:\n    -   name: a\n        value: b\n    -   name: ${mask}\n        value: "64"`),
    ],
    [
      'a value is replaced in its style',
      list(`\n  extraArgs:\n  - name: ${mask}\n    value: '56'\n  - value: "1"\n    name: a`),
      list(`\n  extraArgs:\n  - name: ${mask}\n    value: '64'\n  - value: "1"\n    name: a`),
    ],
    [
      'a null extraArgs is opened',
      list('\n  extraArgs:\n  timeout: 1m'),
      list(`\n  extraArgs:\n    - name: ${mask}\n      value: "64"\n  timeout: 1m`),
    ],
    ['other keys stay', list('\n  timeout: 1m'), list(`\n  extraArgs:${item}\n  timeout: 1m`)],
  ])('%s', (_, before, after) => {
    expect(set(before, mask, '64')).toBe(after)
    expect(getExtraArg(after, 'controllerManager', mask)).toBe('64')
    expect(set(after, mask, '64')).toBe(after)
  })

  it.each([
    ['the last leaves {}', list(`\n  extraArgs:${item}`), list(' {}')],
    [
      'the last beside other keys takes extraArgs along',
      list(`\n  extraArgs:${item}\n  timeout: 1m`),
      list('\n  timeout: 1m'),
    ],
    [
      'one of two',
      list(`\n  extraArgs:${item}\n  - name: a\n    value: b`),
      list('\n  extraArgs:\n  - name: a\n    value: b'),
    ],
    ['none', list(' {}'), list(' {}')],
  ])('taking out: %s', (_, before, after) => expect(set(before, mask, null)).toBe(after))
})

describe('extraArgs as a mapping, up to v1beta3', () => {
  it.each([
    ['{} becomes a block', map(' {}'), map(`\n  extraArgs:\n    ${mask}: "64"`)],
    ['a key is added', map('\n  extraArgs:\n    a: b'), map(`\n  extraArgs:\n    a: b\n    ${mask}: "64"`)],
    [
      'a value is replaced',
      map(`\n  extraArgs:\n    ${mask}: "56"`),
      map(`\n  extraArgs:\n    ${mask}: "64"`),
    ],
  ])('%s', (_, before, after) => {
    expect(set(before, mask, '64')).toBe(after)
    expect(getExtraArg(after, 'controllerManager', mask)).toBe('64')
  })

  it.each([
    ['the last leaves {}', map(`\n  extraArgs:\n    ${mask}: "64"`), map(' {}')],
    ['one of two', map(`\n  extraArgs:\n    a: b\n    ${mask}: "64"`), map('\n  extraArgs:\n    a: b')],
  ])('taking out: %s', (_, before, after) => expect(set(before, mask, null)).toBe(after))
})

describe('extraArgs', () => {
  it.each([
    ['v1beta2', 'map'],
    ['v1beta3', 'map'],
    ['v1beta4', 'list'],
    ['v1', 'list'],
  ])('of %s are a %s', (version, form) => expect(extraArgsForm(config(version, ' {}'))).toBe(form))

  it('are found in the right one of several documents', () => {
    const several = `kind: InitConfiguration\n---\n${list(' {}')}`
    expect(set(several, 'a', 'b')).toBe(
      `kind: InitConfiguration\n---\n${list('\n  extraArgs:\n  - name: a\n    value: b')}`,
    )
  })

  it.each([
    ['text.shape', list('\n  extraArgs:\n    a: b')],
    ['text.shape', map('\n  extraArgs:\n  - name: a\n    value: b')],
    ['text.flow', list('\n  extraArgs: [{name: a, value: b}]')],
    ['text.flow', list('\n  extraArgs: []')],
    ['text.flow', map('\n  extraArgs: {a: b}')],
    [
      'text.repeated',
      list(`\n  extraArgs:\n  - name: ${mask}\n    value: "1"\n  - name: ${mask}\n    value: "2"`),
    ],
    ['text.documents', 'kind: InitConfiguration\n'],
  ])('refuses with %s: %j', (code, text) => {
    expect(() => set(text, mask, '64')).toThrow(expect.objectContaining({ code }))
  })

  it('any changes one after the other mean what they say, and the rest stays', () => {
    const change = fc.tuple(
      fc.constantFrom('a', 'b', mask),
      fc.option(fc.constantFrom('1', 'x', 'y z', 'true')),
    )
    const start = fc.constantFrom(' {}', '', '\n  timeout: 1m', '\n  # why\n  timeout: 1m')
    fc.assert(
      fc.property(
        fc.array(change),
        start,
        fc.constantFrom<ExtraArgsForm>('list', 'map'),
        (changes, manager, form) => {
          const first = (form === 'list' ? list : map)(manager)
          const wanted = new Map<string, string>()
          let text = first
          for (const [name, value] of changes) {
            const after = set(text, name, value)
            if (value === null) wanted.delete(name)
            else wanted.set(name, value)
            expect(lineEdits(text, after).length).toBeLessThanOrEqual(2)
            text = after
          }
          for (const name of ['a', 'b', mask])
            expect(getExtraArg(text, 'controllerManager', name)).toBe(wanted.get(name))
          const { controllerManager: _, ...rest } = parse(text) as Record<string, unknown>
          const { controllerManager: __, ...before } = parse(first) as Record<string, unknown>
          expect(rest).toEqual(before)
        },
      ),
      { numRuns: 100 },
    )
  })
})
