import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { setIpamFields } from './json-template.ts'
import { changedLines, outcomeOf } from './testing/law.ts'
import { filledJson } from './testing/reference.ts'

/** A member as it is written: its key and the source of its value. */
type Member = readonly [key: string, source: string]

const source = fc.constantFrom(
  '"calico-ipam"',
  '"__KUBERNETES_NODE_NAME__"',
  '__CNI_MTU__',
  'true',
  'null',
  '1500',
  '-1.5e3',
  '"a \\"b\\" \\\\ {"',
  '"\\u00e9, }"',
  '""',
  '[]',
  '{}',
  '["usePodCidr", {"a": [1, 2]}]',
)
const key = fc.constantFrom('type', 'assign_ipv4', 'assign_ipv6', 'ipv4_pools', 'subnet', '__proto__', 'a"b')
const members = fc.uniqueArray(fc.tuple(key, source), { maxLength: 4, selector: ([key]) => key })

interface Layout {
  readonly indent: string
  readonly eol: string
  readonly colon: string
  readonly inline: boolean
}
const layout: fc.Arbitrary<Layout> = fc.record({
  indent: fc.constantFrom('  ', '    ', '\t'),
  eol: fc.constantFrom('\n', '\n', '\r\n'),
  colon: fc.constantFrom(': ', ':', ' : '),
  inline: fc.boolean(),
})

function objectOf(members: readonly Member[], depth: number, { indent, eol, colon, inline }: Layout): string {
  const items = members.map(([key, source]) => JSON.stringify(key) + colon + source)
  if (items.length === 0) return '{}'
  if (inline) return `{ ${items.join(', ')} }`
  const margin = indent.repeat(depth)
  return `{${eol}${items.map(item => margin + indent + item).join(`,${eol}`)}${eol}${margin}}`
}

/** calico-config's JSON with any ipam object, beside other plugins, or the one plugin alone. */
const template = fc
  .record({
    ipam: members,
    layout,
    isList: fc.boolean(),
    position: fc.constantFrom<'front' | 'back'>('front', 'back'),
    end: fc.constantFrom('', '\n'),
  })
  .map(({ ipam, layout, isList, position, end }) => {
    const outer = { ...layout, inline: false }
    const depth = isList ? 2 : 0
    const rest: Member[] = [
      ['type', '"calico"'],
      ['mtu', '__CNI_MTU__'],
      ['nodename', '"__KUBERNETES_NODE_NAME__"'],
    ]
    const own: Member = ['ipam', objectOf(ipam, depth + 1, layout)]
    const plugin = objectOf(position === 'front' ? [own, ...rest] : [...rest, own], depth, outer)
    const other = '{"type": "portmap", "ipam": {"assign_ipv4": "x"}, "snat": true}'
    const text = isList
      ? objectOf(
          [
            ['name', '"k8s"'],
            ['plugins', `[${layout.eol}    ${plugin}, ${other}]`],
          ],
          0,
          outer,
        )
      : plugin
    return text + (end === '' ? '' : layout.eol)
  })
const fields = fc.dictionary(
  fc.constantFrom('assign_ipv4', 'assign_ipv6', 'type'),
  fc.option(fc.constantFrom('true', 'false', 'a "b"')),
  { minKeys: 1 },
)

interface Plugin {
  readonly type: string
  ipam: Record<string, unknown>
}
const pluginOf = (json: unknown): Plugin =>
  (json as { plugins?: Plugin[] }).plugins?.find(({ type }) => type === 'calico') ?? (json as Plugin)

/** The same change made to what JSON.parse gives. */
function intended(text: string, changes: Readonly<Record<string, string | null>>): unknown {
  const json = filledJson(text)
  const { ipam } = pluginOf(json)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete ipam[key]
    else ipam[key] = value
  }
  return json
}

describe('the JSON in calico-config', () => {
  it('means exactly what is intended once its placeholders are filled in, and only lines of ipam change', () => {
    fc.assert(
      fc.property(template, fields, (text, changes) => {
        const { after, refused } = outcomeOf(text, found => setIpamFields(found, changes))
        expect(refused).toBeUndefined()
        expect(filledJson(after ?? '')).toEqual(intended(text, changes))
        const placeholders = (text: string) => text.match(/__[A-Z_]+__/g)
        const { removed, inserted } = changedLines(text, after ?? '')
        const isPlain = !removed.some(line => /__[A-Z]/.test(line))
        if (isPlain) expect(placeholders(after ?? '')).toEqual(placeholders(text))
        expect(removed.length).toBeLessThanOrEqual(6)
        for (const line of removed)
          expect(line).toMatch(/"(assign_ipv[46]|type|ipv4_pools|subnet|ipam|__proto__|a\\"b)"|^\s*\},?$/)
        expect(inserted.length).toBeLessThanOrEqual(removed.length + Object.keys(changes).length)
      }),
      { numRuns: 500 },
    )
  })

  it('comes back as it was when what was added is taken out', () => {
    fc.assert(
      fc.property(template, text => {
        const had = pluginOf(filledJson(text)).ipam
        const added = ['assign_ipv4', 'assign_ipv6'].filter(key => !Object.hasOwn(had, key))
        const all = (value: string | null) => Object.fromEntries(added.map(key => [key, value]))
        expect(setIpamFields(setIpamFields(text, all('true')), all(null))).toBe(text)
      }),
      { numRuns: 300 },
    )
  })

  it('survives the block scalar of a ConfigMap', () => {
    fc.assert(
      fc.property(template, fields, (text, changes) => {
        const json = text.replaceAll('\r\n', '\n').replace(/\n$/, '')
        const inYaml = (json: string) =>
          `data:\n  cni_network_config: |-\n    ${json.replaceAll('\n', '\n    ')}\n`
        const read = (yaml: string) =>
          (parse(yaml) as { data: { cni_network_config: string } }).data.cni_network_config
        expect(read(inYaml(json))).toBe(json)
        const after = setIpamFields(read(inYaml(json)), changes)
        expect(filledJson(read(inYaml(after)))).toEqual(intended(json, changes))
      }),
      { numRuns: 200 },
    )
  })

  it('is edited or refused with a code wherever it is cut, and whatever character goes into it', () => {
    const odd = fc.constantFrom('"', '{', '}', ',', ':', '\\', '-', '.', '1', '__X__', '\0', '//', 'e')
    fc.assert(
      fc.property(template, fc.nat(), fc.nat(3), odd, (text, at, length, character) => {
        const start = at % (text.length + 1)
        const broken = text.slice(0, start) + character + text.slice(start + length)
        const { after } = outcomeOf(broken, found => setIpamFields(found, { assign_ipv6: 'true' }))
        if (after !== undefined) expect(filledJson(after)).toEqual(intended(broken, { assign_ipv6: 'true' }))
      }),
      { numRuns: 500 },
    )
  })
})
