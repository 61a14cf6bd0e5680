import type { Json } from '../base/json.ts'
import { isObjectChange, isSysctlChange } from '../model/apply.ts'
import type { Change, ObjectChange, SysctlChange, TextChange } from '../model/plan.ts'
import type { Colours } from './colours.ts'
import { listed, printable } from './printable.ts'

/** The changes of a step, as diffs. Those that are the same but for the object or node are told once, with their number, unless `verbose`. */
export function changeLines(changes: readonly Change[], colours: Colours, verbose: boolean): string[] {
  const groups = new Map<string, Change[]>()
  for (const [index, change] of changes.entries()) {
    const key = verbose ? String(index) : signature(change)
    groups.set(key, [...(groups.get(key) ?? []), change])
  }
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    if (isObjectChange(first)) return objectLines(first, group.filter(isObjectChange), colours)
    if (isSysctlChange(first)) return sysctlLines(first, group.filter(isSysctlChange), colours)
    return textLines(first, group.filter(isText), colours)
  })
}

const isText = (change: Change): change is TextChange => !isObjectChange(change) && !isSysctlChange(change)

/** Everything of a change but whose it is. */
function signature(change: Change): string {
  if (isObjectChange(change))
    return JSON.stringify(['object', change.target.api, change.existence, change.fields])
  if (isSysctlChange(change))
    return JSON.stringify(['sysctl', change.target.key, change.before, change.after])
  const { target, edits, before, after } = change
  const place =
    target.kind === 'file' ? ['file', target.path] : ['config-map', target.namespace, target.name, target.key]
  return JSON.stringify([...place, edits, before === null, after === null])
}

function textLines(first: TextChange, group: readonly TextChange[], colours: Colours): string[] {
  const { target } = first
  const nodes = group.map(change => (change.target.kind === 'file' ? change.target.node : ''))
  const name =
    target.kind === 'config-map'
      ? `configmap ${target.namespace}/${target.name} ${target.key}`
      : `${nodes.length > 1 ? `${nodes.length} nodes (${listed(nodes)})` : target.node}:${target.path}`
  const what = first.before === null ? ' (new)' : first.after === null ? ' (removed)' : ''
  return [
    colours.bold(`--- ${printable(name)}${what}`),
    ...first.edits.flatMap(edit => [
      colours.cyan(`@@ line ${edit.at} @@`),
      ...edit.remove.map(line => colours.red(`-${shown(line)}`)),
      ...edit.insert.map(line => colours.green(`+${shown(line)}`)),
    ]),
  ]
}

function sysctlLines(first: SysctlChange, group: readonly SysctlChange[], colours: Colours): string[] {
  const nodes = group.map(change => change.target.node)
  const where = nodes.length > 1 ? `${nodes.length} nodes (${listed(nodes)})` : first.target.node
  return [
    `${colours.bold(`sysctl ${where}`)} ${first.target.key}: ${arrow(first.before, first.after, colours)}`,
  ]
}

function objectLines(first: ObjectChange, group: readonly ObjectChange[], colours: Colours): string[] {
  const names = group.map(({ target }) =>
    printable(target.namespace === undefined ? target.name : `${target.namespace}/${target.name}`),
  )
  const kind = first.target.api.split('/').at(-1) ?? first.target.api
  const what = first.existence === 'create' ? ' (new)' : first.existence === 'delete' ? ' (removed)' : ''
  const title = names.length > 1 ? `${names.length} ${kind}: ${listed(names)}` : `${kind} ${names.join('')}`
  return [
    colours.bold(title + what),
    ...first.fields.map(({ path, before, after }) => {
      const place = placeOf(path)
      if (first.existence === 'create') return `  ${place}: ${colours.green(json(after))}`
      if (first.existence === 'delete') return `  ${place}: ${colours.red(json(before))}`
      return `  ${place}: ${arrow(before, after, colours)}`
    }),
  ]
}

/** `spec.template.spec.containers[calico-node].env[IP6].value`; a key that has dots itself stands in brackets too. */
const placeOf = (path: readonly string[]): string =>
  path
    .map((segment, index) => {
      if (segment.startsWith('name=')) return `[${printable(segment.slice('name='.length))}]`
      if (segment.includes('.')) return `[${printable(segment)}]`
      return `${index === 0 ? '' : '.'}${printable(segment)}`
    })
    .join('')

const arrow = (before: Json, after: Json, colours: Colours): string =>
  `${colours.red(json(before))} → ${colours.green(json(after))}`

/** Words as they are, absence in words, the rest as JSON. */
const json = (value: Json): string =>
  printable(value === null ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value))

/** Only the last line of a text may lack its end; an edit that adds or takes it must show. */
const shown = (line: string): string =>
  printable(line.replace(/\r?\n$/, '')) + (line.endsWith('\n') ? '' : ' (no end of line)')
