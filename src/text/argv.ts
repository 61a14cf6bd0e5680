import { isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from 'yaml'
import { RefusedError } from '../base/errors.ts'
import { refused } from './splice.ts'
import { type Doc, nodeAt, pairOf, startOf } from './yaml-block.ts'

export type ListName = 'command' | 'args'

/** One argument of a container, and the list item it stands in. */
export interface Argument {
  readonly list: ListName
  readonly index: number
  readonly node: Scalar
  readonly text: string
}

/** A flag as the component will read it. */
export interface FlagUse {
  /** Without dashes; `_` read as `-`, as Kubernetes' components do. */
  readonly name: string
  /** undefined: given without one. */
  readonly value: string | undefined
  readonly item: Argument
  /** The item that holds the value, where it is one of its own. */
  readonly valueItem: Argument | undefined
}

export interface ContainerArguments {
  readonly container: YAMLMap
  /** Index in spec.containers. */
  readonly index: number
  readonly argv: readonly Argument[]
  /** The argument that names the program whose flags these are; undefined: the image's entrypoint. */
  readonly program: Argument | undefined
  readonly flags: readonly FlagUse[]
  /** A lone `--`: what follows are no flags. */
  readonly terminator: Argument | undefined
}

const shells = /(^|\/)(ba|da|a|z|k)?sh$|(^|\/)busybox$/
const programs = /^(\S*\/)?(hyperkube|(kube-)?(apiserver|controller-manager|scheduler|proxy))$/

/**
 * The command line of a container of a static pod: `command` and `args` one after the other.
 * @throws RefusedError `text.no-container`, `text.shell`, `text.shape`
 */
export function argumentsOf(text: string, doc: Doc, name: string): ContainerArguments {
  const { container, index } = containerOf(text, doc, name)
  const argv = (['command', 'args'] as const).flatMap(list => itemsOf(text, doc, container, list))
  const shell = argv.find(({ text }) => shells.test(text)) ?? argv.find(({ text }) => /\s--\w/.test(text))
  const at = argv.findIndex(
    ({ text }) => programs.test(text) || (/^\S+$/.test(text) && text.split('/').at(-1) === name),
  )
  if (shell && (at < 0 || argv.indexOf(shell) < at))
    throw refused(
      text,
      startOf(shell.node),
      'text.shell',
      `${name} is started through a shell; its flags are inside a script`,
      'Write the flags as items of command, then try again.',
    )
  const hasCommand = argv.some(({ list }) => list === 'command')
  const first = at >= 0 ? at + 1 : hasCommand ? 1 : 0
  const rest = argv.slice(first)
  const end = rest.findIndex(({ text }) => text === '--')
  return {
    container,
    index,
    argv,
    program: argv[first - 1],
    flags: flagsOf(end < 0 ? rest : rest.slice(0, end)),
    terminator: end < 0 ? undefined : rest[end],
  }
}

function containerOf(text: string, doc: Doc, name: string): { container: YAMLMap; index: number } {
  const containers = resolved(doc, nodeAt(doc.contents, ['spec', 'containers']))
  const items = isSeq(containers) ? containers.items.map(item => resolved(doc, item)) : []
  const found = items.flatMap((item, index) =>
    isMap(item) && item.get('name') === name ? [{ container: item, index }] : [],
  )
  const [only, second] = found
  if (!only) throw new RefusedError(`there is no container ${name} in spec.containers`, 'text.no-container')
  if (second)
    throw refused(text, startOf(second.container), 'text.repeated', `there is a second container ${name}`)
  return only
}

function itemsOf(text: string, doc: Doc, container: YAMLMap, list: ListName): Argument[] {
  const node = resolved(doc, pairOf(container, list)?.value)
  if (!isSeq(node)) {
    if (isScalar(node) && node.value !== null)
      throw refused(text, startOf(node), 'text.shape', `${list} is not a list`)
    return []
  }
  return node.items.map((entry, index) => {
    const item = resolved(doc, entry)
    if (!isScalar(item))
      throw refused(text, startOf(item), 'text.shape', `an item of ${list} is not a plain value`)
    const value = typeof item.value === 'string' ? item.value : (item.source ?? String(item.value))
    return { list, index, node: item, text: value }
  })
}

const resolved = (doc: Doc, node: unknown): unknown => (isAlias(node) ? node.resolve(doc) : node)

function flagsOf(argv: readonly Argument[]): FlagUse[] {
  const flags: FlagUse[] = []
  for (let i = 0; i < argv.length; i++) {
    const item = argv[i]
    const match = /^--?([^=\s-][^=\s]*)(?:=([\s\S]*))?$/.exec(item?.text ?? '')
    if (!item || !match?.[1]) continue
    const name = match[1].replaceAll('_', '-')
    const next = argv[i + 1]
    if (match[2] === undefined && next && !next.text.startsWith('-')) {
      flags.push({ name, value: next.text, item, valueItem: next })
      i++
    } else flags.push({ name, value: match[2], item, valueItem: undefined })
  }
  return flags
}
