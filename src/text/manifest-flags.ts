import { isSeq } from 'yaml'
import { type Argument, argumentsOf, type ContainerArguments, type FlagUse, type ListName } from './argv.ts'
import { applySplices, eolOf, lineAt, lineEnd, lineStart, refused, type Splice } from './splice.ts'
import {
  assertBlock,
  assertEditable,
  assertMeaning,
  assertOneLine,
  dashOf,
  type Doc,
  endOf,
  linesBeside,
  linesWithout,
  meaningOf,
  pairOf,
  parseYaml,
  sourceOf,
  startOf,
} from './yaml-block.ts'

/** What a static pod manifest says of one container. */
export interface ManifestFlags {
  /** The value of a flag (name without dashes); of a repeated one the last counts, as for Go's pflag. '' for one without a value. */
  get(name: string): string | undefined
  readonly all: readonly { readonly name: string; readonly value: string; readonly line: number }[]
  /** command and args one after the other. */
  readonly argv: readonly string[]
  readonly image: string | undefined
  /** Name of the pod. */
  readonly name: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Flag → value; null takes the flag out. */
export type FlagChanges = Readonly<Record<string, string | null>>
export interface FlagOptions {
  /** New flag → the flag behind which it goes. Without it: the sorted place, or the end where flags are not sorted. */
  readonly after?: Readonly<Record<string, string>>
}

/** @throws RefusedError `text.yaml`, `text.documents`, `text.no-container`, `text.shell`, `text.shape` */
export function readFlags(text: string, container: string): ManifestFlags {
  const doc = parseYaml(text)
  const ofDoc = known.get(doc) ?? new Map<string, ManifestFlags>()
  known.set(doc, ofDoc)
  const flags = ofDoc.get(container) ?? flagsOf(text, doc, container)
  ofDoc.set(container, flags)
  return flags
}

const known = new WeakMap<Doc, Map<string, ManifestFlags>>()

function flagsOf(text: string, doc: Doc, container: string): ManifestFlags {
  const found = argumentsOf(text, doc, container)
  const pod = meaningOf(doc) as {
    metadata?: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  }
  const image: unknown = found.container.get('image')
  return {
    get: name => {
      const use = found.flags.findLast(flag => flag.name === name)
      return use && (use.value ?? '')
    },
    all: found.flags.map(({ name, value, item }) => ({
      name,
      value: value ?? '',
      line: lineAt(text, startOf(item.node)),
    })),
    argv: found.argv.map(({ text }) => text),
    image: typeof image === 'string' ? image : undefined,
    name: pod.metadata?.name,
    labels: pod.metadata?.labels ?? {},
    annotations: pod.metadata?.annotations ?? {},
  }
}

/**
 * Sets flags of a container, adds those that are not there, takes out those set to null. Only these lines change.
 * @throws RefusedError where that cannot be done exactly: `text.flow`, `text.alias`, `text.multi-line`, `text.shell`, `text.repeated`,
 * `text.json`, `text.duplicate-key`, `text.yaml`, …; the message names line and form
 */
export function setFlags(
  text: string,
  container: string,
  changes: FlagChanges,
  options: FlagOptions = {},
): string {
  const doc = parseYaml(text)
  assertEditable(text, doc)
  const plan = planFlags(text, doc, container, changes, options)
  if (plan.splices.length === 0) return text
  const wanted = structuredClone(meaningOf(doc))
  plan.expect(wanted)
  const after = applySplices(text, plan.splices)
  assertMeaning(text, after, undefined, wanted)
  return after
}

/** The splices for flag changes, and the same change made to the parsed manifest. */
export interface FlagPlan {
  readonly splices: readonly Splice[]
  expect(pod: unknown): void
}

/** What becomes of one list item. */
interface Fate {
  readonly item: Argument
  text?: string
  removed?: true
  readonly before: string[]
  readonly after: string[]
}

export function planFlags(
  text: string,
  doc: Doc,
  container: string,
  changes: FlagChanges,
  options: FlagOptions,
): FlagPlan {
  const found = argumentsOf(text, doc, container)
  const fates = new Map<Argument, Fate>(found.argv.map(item => [item, { item, before: [], after: [] }]))
  const fateOf = (item: Argument): Fate => fates.get(item) ?? { item, before: [], after: [] }
  for (const [name, value] of Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const uses = found.flags.filter(flag => flag.name === name)
    assertSameValue(text, uses)
    if (uses.length === 0 && value !== null) place(text, found, name, value, options, fateOf)
    for (const use of uses) change(use, value, fateOf)
  }
  const changed = [...fates.values()].filter(
    fate => fate.text !== undefined || fate.removed || fate.before.length + fate.after.length > 0,
  )
  for (const list of new Set(changed.map(({ item }) => item.list))) {
    const node = pairOf(found.container, list)?.value
    if (isSeq(node)) assertBlock(text, node, `${list} of container ${container}`)
  }
  return {
    splices: changed.flatMap(fate => splicesOf(text, fate)),
    expect: pod => {
      const containers = (pod as { spec: { containers: Record<ListName, string[]>[] } }).spec.containers
      const own = containers[found.index]
      if (own)
        for (const list of ['command', 'args'] as const)
          if (own[list]) own[list] = own[list].flatMap((was, index) => becomes(was, fates, list, index))
    },
  }
}

function becomes(was: string, fates: ReadonlyMap<Argument, Fate>, list: ListName, index: number): string[] {
  const fate = [...fates.values()].find(({ item }) => item.list === list && item.index === index)
  if (!fate) return [was]
  return [...fate.before, ...(fate.removed ? [] : [fate.text ?? was]), ...fate.after]
}

function assertSameValue(text: string, uses: readonly FlagUse[]): void {
  const [first, ...others] = uses
  const different = others.find(other => other.value !== first?.value)
  if (first && different)
    throw refused(
      text,
      startOf(different.item.node),
      'text.repeated',
      `--${first.name} is given more than once, with different values`,
    )
}

function change(use: FlagUse, value: string | null, fateOf: (item: Argument) => Fate): void {
  if (value === use.value) return
  if (value === null) {
    fateOf(use.item).removed = true
    if (use.valueItem) fateOf(use.valueItem).removed = true
  } else if (use.valueItem) fateOf(use.valueItem).text = value
  else fateOf(use.item).text = `${use.item.text.split('=')[0] ?? ''}=${value}`
}

function place(
  text: string,
  found: ContainerArguments,
  name: string,
  value: string,
  options: FlagOptions,
  fateOf: (item: Argument) => Fate,
): void {
  if (found.terminator)
    throw refused(
      text,
      startOf(found.terminator.node),
      'text.terminator',
      'a lone "--" ends the flags; a new one has no place',
    )
  const line = `--${name}=${value}`
  const related = found.flags.findLast(flag => flag.name === options.after?.[name])
  if (related) return void fateOf(related.valueItem ?? related.item).after.push(line)
  const last = found.flags.at(-1)
  const list = last?.item.list
  const flags = found.flags.filter(flag => flag.item.list === list)
  const sorted = flags.every((flag, index) => index === 0 || (flags[index - 1]?.name ?? '') <= flag.name)
  const previous = sorted ? flags.findLast(flag => flag.name < name) : last
  const [first] = flags
  if (previous) fateOf(previous.valueItem ?? previous.item).after.push(line)
  else if (first) fateOf(first.item).before.push(line)
  else if (found.argv.length > 0 && found.argv.at(-1)) fateOf(found.argv.at(-1) as Argument).after.push(line)
  else
    throw refused(text, startOf(found.container), 'text.shape', 'the container has neither command nor args')
}

function splicesOf(text: string, { item, text: source, removed, before, after }: Fate): Splice[] {
  const { node } = item
  const what = `the item ${item.text.split('=')[0] ?? ''}`
  if (removed || source !== undefined) assertOneLine(text, node, what)
  const dash = removed || before.length + after.length > 0 ? dashOf(text, node) : ''
  const lines = (items: readonly string[]) => items.map(line => dash + sourceOf(line, node.type))
  if (removed && before.length + after.length > 0) {
    // New items take the place of the one that goes: two splices would meet at its line end.
    const start = lineStart(text, startOf(node))
    return [{ start, end: lineEnd(text, endOf(node)), text: lines([...before, ...after]).join(eolOf(text)) }]
  }
  const splices: Splice[] = []
  if (before.length > 0) splices.push(linesBeside(text, node, 'before', lines(before)))
  if (removed) splices.push(linesWithout(text, node))
  if (source !== undefined)
    splices.push({ start: startOf(node), end: endOf(node), text: sourceOf(source, node.type) })
  if (after.length > 0) splices.push(linesBeside(text, node, 'after', lines(after)))
  return splices
}
