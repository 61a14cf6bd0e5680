import * as fc from 'fast-check'

export type Quote = '' | "'" | '"'

/** A flag as it stands in a generated manifest. */
export interface GeneratedFlag {
  readonly name: string
  readonly value: string
  readonly quote: Quote
  /** `--flag` and the value as two list items. */
  readonly separate: boolean
  /** A comment line of its own in front. */
  readonly comment: boolean
  /** A comment behind it. */
  readonly trailing: boolean
}

/** A manifest by its parts, so that a test can say what an edit must give without parsing anything. */
export interface GeneratedManifest {
  readonly flags: readonly GeneratedFlag[]
  readonly list: 'command' | 'args'
  readonly dashIndent: number
  readonly eol: '\n' | '\r\n'
  readonly finalEol: boolean
  /** A container in front of and behind ours, with flags of the same names. */
  readonly neighbours: boolean
  /** Keys of our container behind the list; without them it may be the end of the file. */
  readonly tail: boolean
}

const names = [
  'advertise-address',
  'allow-privileged',
  'cluster-cidr',
  'etcd-servers',
  'node-cidr-mask-size',
  'secure-port',
  'service-cluster-ip-range',
  'v',
]
const values = [
  '10.96.0.0/16',
  'fd00::/108',
  'true',
  'https://[::1]:2379',
  'a=b,c=d',
  '24',
  "it's",
  'x y',
  '*',
]

/** What YAML reads as something else than a string when it stands alone without quotes. */
const needsQuotes = (text: string): boolean => /^([*&].*|true|\d+|)$/.test(text)

const flag: fc.Arbitrary<GeneratedFlag> = fc
  .record({
    name: fc.constantFrom(...names),
    value: fc.constantFrom(...values),
    quote: fc.constantFrom<Quote>('', '', '', "'", '"'),
    separate: fc.integer({ max: 4, min: 0 }).map(n => n === 0),
    comment: fc.boolean(),
    trailing: fc.integer({ max: 4, min: 0 }).map(n => n === 0),
  })
  .map(flag => (flag.separate && !flag.quote && needsQuotes(flag.value) ? { ...flag, quote: '"' } : flag))

export const manifest: fc.Arbitrary<GeneratedManifest> = fc.record({
  flags: fc
    .tuple(fc.uniqueArray(flag, { minLength: 2, selector: ({ name }) => name }), fc.boolean())
    .map(([flags, sorted]) => (sorted ? [...flags].sort((a, b) => (a.name < b.name ? -1 : 1)) : flags)),
  list: fc.constantFrom('command', 'args'),
  dashIndent: fc.constantFrom(0, 2),
  eol: fc.constantFrom('\n', '\r\n'),
  finalEol: fc.boolean(),
  neighbours: fc.boolean(),
  tail: fc.boolean(),
})

/** What stands in the list item, quoted as asked where YAML lets it stand like that. */
export function item(text: string, quote: Quote): string {
  if (quote === "'") return `'${text.replaceAll("'", "''")}'`
  return quote === '"' || needsQuotes(text) ? JSON.stringify(text) : text
}

function itemsOf({ name, value, separate }: Pick<GeneratedFlag, 'name' | 'value' | 'separate'>): string[] {
  return separate ? [`--${name}`, value] : [`--${name}=${value}`]
}

/** The lines of a flag. */
export function flagLines(flag: GeneratedFlag, dash: string): string[] {
  const lines = itemsOf(flag).map(text => dash + item(text, flag.quote))
  if (flag.trailing) lines[0] += ' # why'
  return flag.comment ? [`${dash.replace('- ', '')}# about ${flag.name}`, ...lines] : lines
}

export const dashOf = ({ dashIndent }: GeneratedManifest): string => `${' '.repeat(4 + dashIndent)}- `

/** The text, with the lines of the flags given instead of made. */
export function render(parts: GeneratedManifest, lines: readonly string[]): string {
  const neighbour = (name: string) => [
    `  - name: ${name}`,
    '    command: [x, --cluster-cidr=1]',
    '    args:',
    '    - --v=1',
  ]
  const dash = dashOf(parts)
  const all = [
    '# a static pod',
    'apiVersion: v1',
    'kind: Pod',
    'metadata:',
    '  name: "p"   # its name',
    'spec:',
    '  containers:',
    ...(parts.neighbours ? neighbour('front') : []),
    '  - name: c',
    '    command:',
    `${dash}c`,
    ...(parts.list === 'args' ? ['    args:', ...lines] : lines),
    ...(parts.tail ? ['    image: i', '    ports:', '    - containerPort: 6443'] : []),
    ...(parts.neighbours ? neighbour('back') : []),
  ]
  return all.join(parts.eol) + (parts.finalEol ? parts.eol : '')
}

/** A line of a list, and the flag that it is part of: its name, or its value where that has an item of its own. */
interface RoughLine {
  readonly text: string
  readonly flag?: string
  readonly part?: 'both' | 'name' | 'value'
}

/** A manifest as people write them: flags repeated, without a value, in both lists, and forms that cannot be edited. */
export interface RoughManifest {
  readonly text: string
  readonly lines: readonly RoughLine[]
  /** Forms in it that an edit may be refused for, by the code of the refusal. */
  readonly odd: ReadonlySet<string>
}

type Chunk = readonly RoughLine[]
const roughNames = ['bind-address', 'cluster-cidr', 'service-cluster-ip-range', 'v'] as const

const chunk: fc.Arbitrary<{ chunk: Chunk; odd?: string }> = fc
  .record({
    name: fc.constantFrom(...roughNames),
    value: fc.constantFrom('1', '10.0.0.0/16', 'a=b', "it's"),
    quote: fc.constantFrom<Quote>('', '', "'", '"'),
    spelt: fc.integer({ min: 0, max: 5 }),
    form: fc.integer({ min: 0, max: 23 }),
    between: fc.constantFrom('', '# between', '        # far right', '# at the margin'),
  })
  .map(({ name, value, quote, spelt, form, between }) => {
    const flag = `${spelt === 0 ? '-' : '--'}${spelt === 1 ? name.replaceAll('-', '_') : name}`
    const gap: Chunk =
      between === '# at the margin' || between.startsWith(' ')
        ? [{ text: between }]
        : [{ text: `    ${between}`.trimEnd() }]
    const one = (text: string): RoughLine => ({ text: `    - ${text}`, flag: name, part: 'both' })
    if (form < 11) return { chunk: [...(form < 3 ? gap : []), one(item(`${flag}=${value}`, quote))] }
    if (form < 16)
      return {
        chunk: [
          { text: `    - ${item(flag, quote)} # name`, flag: name, part: 'name' },
          ...(form < 13 ? gap : []),
          { text: `    - ${item(value, quote === '' ? '"' : quote)}`, flag: name, part: 'value' },
        ],
      }
    if (form < 18) return { chunk: [one(item(flag, quote))] }
    if (form === 18)
      return {
        chunk: [one('|-'), { text: `      ${flag}=${value}`, flag: name }],
        odd: `text.multi-line ${name}`,
      }
    if (form === 19) return { chunk: [one(`!!str ${flag}=${value}`)], odd: `text.tag ${name}` }
    if (form === 20) return { chunk: [one(`&a ${flag}=${value}`)], odd: 'text.alias' }
    if (form === 21) return { chunk: [{ text: '    - "--"' }], odd: 'text.terminator' }
    return { chunk: gap }
  })

/** What stands around the list: containers of other names, with the same flags. */
const aside = (name: string): string[] => [
  `  - name: ${name}`,
  '    command: [x, --v=9]',
  '    args:',
  '    - --cluster-cidr=9',
]

export const roughManifest: fc.Arbitrary<RoughManifest> = fc
  .record({
    command: fc.array(chunk, { maxLength: 5 }),
    args: fc.option(fc.array(chunk, { maxLength: 4 }), { freq: 2 }),
    front: fc.boolean(),
    back: fc.boolean(),
    argsFirst: fc.boolean(),
    eol: fc.constantFrom<'\n' | '\r\n'>('\n', '\r\n'),
    finalEol: fc.boolean(),
  })
  .map(({ command, args, front, back, argsFirst, eol, finalEol }) => {
    const plain = (lines: readonly string[]): Chunk => lines.map(text => ({ text }))
    const chunks = (list: typeof command) => list.flatMap(({ chunk }) => chunk)
    const lists: Chunk[] = [
      [...plain(['    command:', '    - c']), ...chunks(command)],
      args === null ? [] : [...plain(['    args:', '    - --from-args=1']), ...chunks(args)],
    ]
    if (argsFirst) lists.reverse()
    const lines = [
      ...plain([
        'apiVersion: v1',
        'kind: Pod',
        'metadata: {name: p}',
        'spec:',
        '  initContainers:',
        ...aside('c'),
        '  containers:',
      ]),
      ...plain(front ? aside('front') : []),
      { text: '  - name: c' },
      ...lists.flat(),
      ...plain(back ? ['    image: i', ...aside('back')] : []),
    ]
    const all = [...command, ...(args ?? [])]
    return {
      lines,
      odd: new Set(all.flatMap(({ odd }) => odd ?? [])),
      text: lines.map(({ text }) => text).join(eol) + (finalEol ? eol : ''),
    }
  })
