import { RefusedError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { type JsonMember, type JsonNode, parseJsonTemplate } from './json-ranges.ts'
import { sameValue } from './same.ts'
import { applySplices, lineStart, type Splice } from './splice.ts'

/**
 * What `find` picks from calico-config's `cni_network_config`, or any JSON with bare placeholders, which read as strings (`"__CNI_MTU__"`).
 * @throws RefusedError `text.json`
 */
export function getField<T>(text: string, find: (json: Json) => T): T {
  return find(parseJsonTemplate(text).value)
}

/** The `ipam` object of the plugin of type `calico`; undefined: there is none. @throws RefusedError `text.json` */
export function getIpam(text: string): { readonly [field: string]: Json } | undefined {
  const ipam = ipamOf(parseJsonTemplate(text))
  return ipam?.members && (ipam.value as { readonly [field: string]: Json })
}

/**
 * Sets string members of the `ipam` object of the plugin of type `calico`, or takes them out (null). New ones go to the end, a line each
 * where the object has several lines. Everything else, placeholders too, stays as it is.
 * @throws RefusedError `text.json`, `text.duplicate-key`, `text.no-ipam`
 */
export function setIpamFields(text: string, fields: Readonly<Record<string, string | null>>): string {
  const root = parseJsonTemplate(text)
  const ipam = ipamOf(root)
  if (!ipam?.members)
    throw new RefusedError('there is no plugin of type calico with an ipam object in it', 'text.no-ipam')
  let after = text
  for (const [key, value] of Object.entries(fields)) after = setField(after, key, value)
  const wanted = { ...(ipam.value as Record<string, Json>) }
  for (const [key, value] of Object.entries(fields)) {
    if (value === null) delete wanted[key]
    else wanted[key] = value
  }
  const expected = withIpam(root.value, ipam.value, wanted)
  if (!sameValue(parseJsonTemplate(after).value, expected))
    throw new RefusedError('the JSON would not mean what is intended after the edit', 'text.not-exact')
  return after
}

function setField(text: string, key: string, value: string | null): string {
  const ipam = ipamOf(parseJsonTemplate(text))
  const members = ipam?.members ?? []
  const index = members.findIndex(member => member.key === key)
  const member = members[index]
  if (!ipam || (!member && value === null)) return text
  if (value === null) return applySplices(text, [withoutMember(ipam, members, index)])
  const source = JSON.stringify(value)
  if (member) return applySplices(text, [{ start: member.node.start, end: member.node.end, text: source }])
  return applySplices(text, [newMember(text, ipam, members, `${JSON.stringify(key)}: ${source}`)])
}

function newMember(text: string, ipam: JsonNode, members: readonly JsonMember[], source: string): Splice {
  const last = members.at(-1)
  if (!last) return { start: ipam.start + 1, end: ipam.end - 1, text: source }
  const previous = members.at(-2)?.node.end ?? ipam.start + 1
  const between = text.slice(previous, last.start)
  const indent = /^\s*/.exec(text.slice(lineStart(text, last.start)))?.[0] ?? ''
  const eol = between.includes('\r\n') ? '\r\n' : '\n'
  const separator = between.includes('\n') ? `,${eol}${indent}` : ', '
  return { start: last.node.end, end: last.node.end, text: separator + source }
}

function withoutMember(ipam: JsonNode, members: readonly JsonMember[], index: number): Splice {
  const [member, next, previous] = [members[index], members[index + 1], members[index - 1]]
  if (next) return { start: member?.start ?? 0, end: next.start, text: '' }
  if (previous) return { start: previous.node.end, end: member?.node.end ?? 0, text: '' }
  return { start: ipam.start + 1, end: ipam.end - 1, text: '' }
}

/** The configuration is a list of plugins, or, before CNI 0.3, one plugin. */
function ipamOf(root: JsonNode): JsonNode | undefined {
  const plugins = member(root, 'plugins')?.items ?? [root]
  const calico = plugins.filter(plugin => member(plugin, 'type')?.value === 'calico')
  if (calico.length > 1)
    throw new RefusedError('there are several plugins of type calico in it', 'text.repeated')
  return calico[0] && member(calico[0], 'ipam')
}

const member = (node: JsonNode, key: string): JsonNode | undefined =>
  node.members?.find(found => found.key === key)?.node

/** The same JSON with the very object `old` replaced. */
function withIpam(json: Json, old: Json, ipam: Json): Json {
  if (json === old) return ipam
  if (Array.isArray(json)) return json.map((item: Json) => withIpam(item, old, ipam))
  if (json === null || typeof json !== 'object') return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withIpam(value, old, ipam)]))
}
