import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedLines, outcomeOf } from './testing/law.ts'
import { documentsOf } from './testing/reference.ts'
import { extraArgsForm, setExtraArg, setScalar } from './yaml-value.ts'

const versions = ['v1beta2', 'v1beta3', 'v1beta4'] as const
const name = fc.constantFrom('cluster-cidr', 'feature-gates', 'node-cidr-mask-size', 'v', 'with space')
const value = fc.constantFrom('10.0.0.0/16,fd00::/56', '64', 'true', "it's", 'a: b', '#', '')

type Quote = 'plain' | "'" | '"'
const quoted = (text: string, quote: Quote): string => {
  if (quote === "'") return `'${text.replaceAll("'", "''")}'`
  return quote === 'plain' && /^[\d.]+\/\d+,|^[a-z-]+$/.test(text) && text !== 'true'
    ? text
    : JSON.stringify(text)
}

interface Arg {
  readonly name: string
  readonly value: string
  readonly quote: Quote
  readonly comment: boolean
  readonly trailing: boolean
  readonly valueFirst: boolean
}
const arg: fc.Arbitrary<Arg> = fc.record({
  name,
  value,
  quote: fc.constantFrom<Quote>('plain', "'", '"'),
  comment: fc.boolean(),
  trailing: fc.boolean(),
  valueFirst: fc.boolean(),
})

/** A ClusterConfiguration by its parts. */
interface Config {
  readonly version: (typeof versions)[number]
  /** undefined: controllerManager is not there; the others: what stands in it. */
  readonly manager:
    | 'absent'
    | 'null'
    | '{}'
    | 'other'
    | 'args: null'
    | 'args: {}'
    | 'args'
    | 'flow'
    | 'anchor'
  readonly args: readonly Arg[]
  readonly networking: 'absent' | '{}' | 'podSubnet' | 'other' | 'flow'
  readonly indent: 2 | 4
  readonly dashIndent: 0 | 2
  readonly neighbours: boolean
  readonly tail: boolean
  readonly eol: '\n' | '\r\n'
  readonly finalEol: boolean
}
const config: fc.Arbitrary<Config> = fc.record({
  version: fc.constantFrom(...versions),
  manager: fc.oneof(
    { arbitrary: fc.constant('args' as const), weight: 5 },
    {
      arbitrary: fc.constantFrom(
        ...(['absent', 'null', '{}', 'other', 'args: null', 'args: {}', 'flow', 'anchor'] as const),
      ),
      weight: 5,
    },
  ),
  args: fc.tuple(fc.array(arg, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 9 })).map(
    // A list may repeat a name, as pflag would; a mapping may not, and most lists do not.
    ([args, often]) =>
      often === 0
        ? args
        : args.filter(({ name }, index) => args.findIndex(arg => arg.name === name) === index),
  ),
  networking: fc.constantFrom('absent', '{}', 'podSubnet', 'other', 'flow'),
  indent: fc.constantFrom(2, 4),
  dashIndent: fc.constantFrom(0, 2),
  neighbours: fc.boolean(),
  tail: fc.boolean(),
  eol: fc.constantFrom('\n', '\r\n'),
  finalEol: fc.boolean(),
})

function argLines({ name, value, quote, comment, trailing, valueFirst }: Arg, config: Config): string[] {
  const key = quoted(name, 'plain')
  const source = quoted(value, quote)
  const behind = trailing ? ' # why' : ''
  const above = comment ? [`# about ${name}`] : []
  if (config.version !== 'v1beta4') return [...above, `${key}: ${source}${behind}`]
  const pair = [`name: ${key}`, `value: ${source}`]
  if (valueFirst) pair.reverse()
  return [...above, `- ${pair[0]}${behind}`, `  ${pair[1]}`]
}

function managerLines(config: Config): string[] {
  const { manager, args, version, indent, dashIndent } = config
  const margin = ' '.repeat(indent)
  const empty = version === 'v1beta4' ? '[]' : '{}'
  const inner = ' '.repeat(version === 'v1beta4' ? dashIndent : indent)
  switch (manager) {
    case 'absent':
      return []
    case 'null':
      return ['controllerManager:']
    case '{}':
      return ['controllerManager: {} # nothing']
    case 'other':
      return ['controllerManager:', `${margin}extraVolumes:`, `${margin}- name: x`]
    case 'args: null':
      return ['controllerManager:', `${margin}extraArgs:`]
    case 'args: {}':
      return ['controllerManager:', `${margin}extraArgs: ${empty}`]
    case 'flow':
      return [
        'controllerManager:',
        `${margin}extraArgs: ${version === 'v1beta4' ? '[{name: v, value: "1"}]' : '{v: "1"}'}`,
      ]
    default:
      return [
        'controllerManager:',
        `${margin}extraArgs:${manager === 'anchor' ? ' &args' : ''}`,
        ...args.flatMap(arg => argLines(arg, config)).map(line => margin + inner + line),
        ...(config.tail ? [`${margin}timeoutForControlPlane: 4m0s # behind`] : []),
      ]
  }
}

const networkingLines = ({ networking, indent }: Config): string[] => {
  const margin = ' '.repeat(indent)
  return {
    absent: [],
    '{}': ['networking: {}'],
    podSubnet: [
      'networking:',
      `${margin}dnsDomain: cluster.local`,
      `${margin}podSubnet: "10.0.0.0/16" # pods`,
    ],
    other: ['networking:', `${margin}# only this`, `${margin}serviceSubnet: 10.96.0.0/12`],
    flow: ['networking: {podSubnet: 10.0.0.0/16}'],
  }[networking]
}

const render = (config: Config): string =>
  [
    ...(config.neighbours
      ? ['# for init', 'kind: InitConfiguration', 'controllerManager: {extraArgs: {v: "1"}}', '---']
      : []),
    'apiServer:',
    '  extraArgs:',
    ...(config.version === 'v1beta4' ? ['  - name: v', '    value: "1"'] : ['    v: "1"']),
    `apiVersion: kubeadm.k8s.io/${config.version}`,
    ...managerLines(config),
    'kind: ClusterConfiguration',
    ...networkingLines(config),
    ...(config.neighbours ? ['---', 'kind: KubeProxyConfiguration', 'clusterCIDR: ""'] : []),
  ].join(config.eol) + (config.finalEol ? config.eol : '')

type Meaning = Record<string, unknown> & {
  kind: string
  controllerManager?: { extraArgs?: unknown } | null
  networking?: Record<string, unknown> | null
}
const own = (text: string): Meaning =>
  (documentsOf(text) as Meaning[]).find(({ kind }) => kind === 'ClusterConfiguration') as Meaning

/** Name and value of each extraArg, in either form. */
const argsOf = (text: string): [string, unknown][] => {
  const args = own(text).controllerManager?.extraArgs ?? {}
  return Array.isArray(args)
    ? args.map(({ name, value }: { name: string; value: unknown }) => [name, value])
    : Object.entries(args)
}

/** Everything but what is set; an empty mapping is as good as none. */
const others = (text: string, without: readonly [string, string]) =>
  (documentsOf(text) as Meaning[]).map(doc => {
    if (doc.kind !== 'ClusterConfiguration') return doc
    const { [without[0]]: parent, ...rest } = doc
    const { [without[1]]: _, ...kept } = (parent ?? {}) as Record<string, unknown>
    return [rest, kept]
  })

describe('kubeadm-config', () => {
  it('has exactly one extraArg changed, in exactly its lines, or is refused, in each version', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(config, name, fc.option(value), (config, name, wanted) => {
        const text = render(config)
        const outcome = outcomeOf(text, found =>
          setExtraArg(found, 'controllerManager', name, wanted, extraArgsForm(found)),
        )
        seen.set(outcome.refused ?? config.version, (seen.get(outcome.refused ?? config.version) ?? 0) + 1)
        if (outcome.refused !== undefined) {
          expect(allowed(config, name)).toContain(outcome.refused)
          return
        }
        const { after } = outcome
        const was = argsOf(text)
        const is = argsOf(after)
        expect(is.filter(([found]) => found !== name)).toEqual(was.filter(([found]) => found !== name))
        const values = is.filter(([found]) => found === name).map(([, value]) => value)
        // Of a repeated one the last counts: where it is as wanted, nothing needs a change.
        if (after === text) expect(values.at(-1) ?? null).toBe(wanted)
        else expect([...new Set(values)]).toEqual(wanted === null ? [] : [wanted])
        if (after === text) return
        expect(others(after, ['controllerManager', 'extraArgs'])).toEqual(
          others(text, ['controllerManager', 'extraArgs']),
        )
        expectLines(config, text, after, name, wanted)
      }),
      { numRuns: 200 },
    )
    for (const version of versions) expect(seen.get(version)).toBeGreaterThan(15)
  })

  it('has exactly podSubnet changed, or is refused', () => {
    fc.assert(
      fc.property(config, fc.option(fc.constant('10.0.0.0/16,fd00::/56')), (config, wanted) => {
        fc.pre(new Set(config.args.map(({ name }) => name)).size === config.args.length)
        const text = render(config)
        const { after, refused } = outcomeOf(text, found =>
          setScalar(found, ['networking', 'podSubnet'], wanted, { kind: 'ClusterConfiguration' }),
        )
        if (refused !== undefined) {
          expect([config.networking, config.manager]).toContain(refused === 'text.alias' ? 'anchor' : 'flow')
          expect(['text.alias', 'text.flow']).toContain(refused)
          return
        }
        expect(own(after ?? '').networking?.['podSubnet']).toBe(wanted ?? undefined)
        expect(others(after ?? '', ['networking', 'podSubnet'])).toEqual(
          others(text, ['networking', 'podSubnet']),
        )
        const { removed, inserted } = changedLines(text, after ?? '')
        for (const line of [...removed, ...inserted]) expect(line).toMatch(/podSubnet|^networking:( \{\})?$/)
        expect(inserted.length).toBeLessThanOrEqual(2)
      }),
      { numRuns: 150 },
    )
  })
})

/** The codes with which this text may be refused. */
function allowed({ manager, version, args }: Config, name: string): string[] {
  const isTwice = new Set(args.map(({ name }) => name)).size < args.length
  if (version !== 'v1beta4' && isTwice && ['args', 'anchor'].includes(manager)) return ['text.duplicate-key']
  if (manager === 'anchor') return ['text.alias']
  if (manager === 'flow') return ['text.flow']
  if (manager === 'args: {}' && version === 'v1beta4') return ['text.flow']
  const values = new Set(args.filter(arg => arg.name === name).map(({ value }) => value))
  return manager === 'args' && values.size > 1 ? ['text.repeated'] : []
}

function expectLines(
  config: Config,
  before: string,
  after: string,
  name: string,
  wanted: string | null,
): void {
  const { removed, inserted } = changedLines(before, after)
  const mine = config.manager === 'args' ? config.args.filter(arg => arg.name === name) : []
  if (config.manager === 'flow' && name === 'v') {
    // The whole of a flow collection can go, since it is all on one line.
    expect(inserted).toEqual(['controllerManager: {}'])
    expect(removed.map(line => line.trim().split(':')[0])).toEqual(['controllerManager', 'extraArgs'])
    return
  }
  if (mine.length === 0) {
    // Nothing is lost but an empty value that is opened.
    for (const line of removed) expect(line).toMatch(/^(controllerManager:| +extraArgs:) (\{\}|# )/)
    if (wanted === null) expect(inserted).toEqual([])
    else expect(inserted.some(line => line.includes(name))).toBe(true)
    return
  }
  const isLast = config.args.length === mine.length
  const isChanged = mine.some(({ value }) => value !== wanted)
  const all = mine.flatMap(arg => argLines(arg, config)).map(line => line.replace(/^[- ] /, '').trim())
  const bare = removed.map(line => line.replace(/^\s*-?\s*/, ''))
  if (wanted !== null) {
    expect(removed).toHaveLength(isChanged ? mine.filter(({ value }) => value !== wanted).length : 0)
    expect(inserted).toHaveLength(removed.length)
    for (const line of bare) expect(all).toContain(line)
    const comments = (lines: readonly string[]) => lines.filter(line => line.endsWith('# why')).length
    expect(comments(inserted)).toBe(comments(removed))
  } else if (!isLast) {
    expect(inserted).toEqual([])
    expect(bare).toEqual(all.filter(line => !line.startsWith('#')))
  }
}
