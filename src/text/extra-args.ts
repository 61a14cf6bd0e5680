import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import {
  assertBlock,
  assertEditable,
  assertMeaning,
  assertOneLine,
  dashOf,
  isNull,
  linesBeside,
  linesWithout,
  meaningOf,
  nodeAt,
  pairOf,
  parseYaml,
  sourceOf,
  startOf,
  type Doc,
} from './yaml-block.ts'
import { insertEntry, isEmptyValue, openBlock, removeEntry } from './yaml-map.ts'
import { applySplices, refused, type Splice } from './splice.ts'
import { getScalar, setScalar } from './yaml-scalar.ts'

/** Control plane components of kubeadm's ClusterConfiguration that take extraArgs. */
export type Component = 'apiServer' | 'controllerManager' | 'scheduler'
/** extraArgs is a mapping up to kubeadm.k8s.io/v1beta3 and a list of {name, value} from v1beta4. */
export type ExtraArgsForm = 'map' | 'list'

/** A ConfigMap holds this one document, a file for `kubeadm init` several. */
const kind = 'ClusterConfiguration'

/** The form that this ClusterConfiguration's apiVersion uses. */
export const extraArgsForm = (text: string): ExtraArgsForm =>
  /\/v1(alpha\d|beta[1-3])$/.test(getScalar(text, ['apiVersion'], { kind }) ?? '') ? 'map' : 'list'

/** An extraArg of kubeadm's ClusterConfiguration, in either form; of several in a list the last counts. @throws RefusedError as getScalar */
export function getExtraArg(text: string, component: Component, name: string): string | undefined {
  const doc = parseYaml(text, kind)
  const args = nodeAt(doc.contents, [component, 'extraArgs'])
  if (!isSeq(args)) return getScalar(text, [component, 'extraArgs', name], { kind })
  return itemsNamed(args.items, name)
    .map(valueOf)
    .findLast(value => value !== undefined)
}

/**
 * Sets an extraArg, or takes it out (null) together with an extraArgs that it leaves empty.
 * @throws RefusedError as setScalar; `text.repeated` where a list has the name twice with different values; `text.shape` for the other form
 */
export function setExtraArg(
  text: string,
  component: Component,
  name: string,
  value: string | null,
  form: ExtraArgsForm,
): string {
  const doc = parseYaml(text, kind)
  assertEditable(text, doc)
  const args = nodeAt(doc.contents, [component, 'extraArgs'])
  if (!isEmptyArgs(args) && (form === 'list') !== isSeq(args))
    throw refused(
      text,
      startOf(args),
      'text.shape',
      `${component}.extraArgs is not a ${form === 'list' ? 'list' : 'mapping'}`,
    )
  if (getExtraArg(text, component, name) === (value ?? undefined)) return text
  if (value === null && onlyOne(args, name)) return without(text, doc, component)
  if (form === 'map') return setScalar(text, [component, 'extraArgs', name], value, { kind })
  const splices = listSplices(text, doc, component, name, value)
  const wanted = structuredClone(meaningOf(doc)) as Record<
    string,
    { extraArgs?: { name?: unknown; value?: unknown }[] | null } | null
  >
  const before = (wanted[component] ??= {})
  const list = Array.isArray(before.extraArgs) ? before.extraArgs : []
  const named = list.filter(item => item.name === name)
  if (value === null) before.extraArgs = list.filter(item => item.name !== name)
  else if (named.length > 0) for (const item of named) item.value = value
  else before.extraArgs = [...list, { name, value }]
  const after = applySplices(text, splices)
  assertMeaning(text, after, kind, wanted)
  return after
}

const isEmptyArgs = (node: unknown): boolean => isEmptyValue(node) || (isSeq(node) && node.items.length === 0)

const itemsNamed = (items: readonly unknown[], name: string): YAMLMap[] =>
  items.filter((item): item is YAMLMap => isMap(item) && String(item.get('name')) === name)

function valueOf(item: YAMLMap): string | undefined {
  const node = pairOf(item, 'value')?.value
  return isScalar(node) && !isNull(node)
    ? typeof node.value === 'string'
      ? node.value
      : node.source
    : undefined
}

function onlyOne(args: unknown, name: string): boolean {
  if (isSeq(args)) return args.items.length > 0 && itemsNamed(args.items, name).length === args.items.length
  return isMap(args) && args.items.length === 1 && pairOf(args, name) !== undefined
}

function without(text: string, doc: Doc, component: Component): string {
  const path = [component, 'extraArgs']
  const after = applySplices(text, removeEntry(text, doc, path))
  const wanted = structuredClone(meaningOf(doc)) as Record<string, Record<string, unknown>>
  delete wanted[component]?.['extraArgs']
  assertMeaning(text, after, kind, wanted)
  return after
}

function listSplices(
  text: string,
  doc: Doc,
  component: Component,
  name: string,
  value: string | null,
): Splice[] {
  const path = [component, 'extraArgs']
  const args = nodeAt(doc.contents, path)
  const item = (margin: string, dash: string) => [
    `${margin}${dash}name: ${sourceOf(name)}`,
    `${margin}${dash.replace(/\S/g, ' ')}value: ${sourceOf(value ?? '')}`,
  ]
  if (!isSeq(args) || args.items.length === 0) {
    const pair = pairAt(doc, component)
    if (pair) {
      if (isSeq(args))
        throw refused(text, startOf(args), 'text.flow', `${path.join('.')} is in flow style ([…])`)
      return openBlock(text, pair, item('', '- '))
    }
    return insertEntry(text, doc, [component], { key: 'extraArgs', lines: ['extraArgs:', ...item('', '- ')] })
  }
  assertBlock(text, args, path.join('.'))
  const found = itemsNamed(args.items, name)
  if (new Set(found.map(valueOf)).size > 1)
    throw refused(
      text,
      startOf(found[0]),
      'text.repeated',
      `${name} is there more than once, with different values`,
    )
  if (value === null) {
    for (const entry of found) dashOf(text, entry)
    return found.map(entry => linesWithout(text, entry))
  }
  const last = args.items.at(-1)
  if (found.length === 0) {
    const dash = dashOf(text, last)
    const margin = /^\s*/.exec(dash)?.[0] ?? ''
    return [linesBeside(text, last, 'after', item(margin, dash.slice(margin.length)))]
  }
  return found.map(entry => {
    const node = pairOf(entry, 'value')?.value
    assertOneLine(text, node, `the value of ${name}`)
    const [start = 0, end = 0] = node.range ?? []
    return { start, end, text: sourceOf(value, node.type) }
  })
}

function pairAt(doc: Doc, component: Component) {
  const map = nodeAt(doc.contents, [component])
  return isMap(map) ? pairOf(map, 'extraArgs') : undefined
}
