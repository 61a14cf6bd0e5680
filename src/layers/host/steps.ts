import { tryParseIP } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import { RefusedError } from '../../base/errors.ts'
import { sysctlChange, textChange } from '../../model/changes.ts'
import type { NodeFacts } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Change, Step } from '../../model/plan.ts'
import { fileText, type Line, ownFile } from './file.ts'
import { holdsSettings } from './gates.ts'
import type { HostNode, HostState } from './read.ts'
import { forwardingKeys, type Setting, settingsFor } from './settings.ts'

export function hostSteps({ nodes }: HostState, goal: Goal): readonly Step[] {
  return nodes.flatMap(node => (goal.families.length > 1 ? there(node, goal) : back(node)) ?? [])
}

/** Only for the families that are added: what the first one needs has long been there. */
function there(host: HostNode, goal: Goal): Step | undefined {
  const { node, facts } = host
  const added = goal.families.slice(1)
  if (facts === undefined) {
    throw new RefusedError(
      `node ${node} was not read: ${host.unread}`,
      'node.unread',
      'Every node must be readable before anything is planned on it.',
    )
  }
  for (const family of added) assertAble(node, facts, family, goal)
  const wanted = added.flatMap(family => settingsFor(family, facts))
  // A running value may have been set by hand and be gone after the next boot: only a file makes it last.
  const missing = wanted.filter(({ key, value }) => host.persisted.get(key)?.value !== value)
  if (host.text !== null && host.lines === undefined && missing.length > 0) {
    throw new RefusedError(
      `${node}:${ownFile} was edited by somebody`,
      'host.edited',
      `Set it there: ${missing.map(({ key, value }) => `${key} = ${value}`).join(', ')}; or rename the file.`,
    )
  }
  const text =
    host.text !== null && host.lines === undefined ? host.text : textFor(host.lines ?? [], missing, facts)
  return step(
    host,
    'there',
    added,
    [
      // The file first: it remembers what ran before.
      textChange({ kind: 'file', node, path: ownFile }, host.text, text),
      ...wanted.map(({ key, value }) => sysctlChange(node, key, facts.sysctls[key] ?? '', value)),
    ],
    wanted,
  )
}

/** Lines that are there stay, with what they remember. */
function textFor(lines: readonly Line[], missing: readonly Setting[], facts: NodeFacts): string | null {
  const added = missing.filter(({ key }) => !lines.some(line => line.key === key))
  const all = [
    ...lines,
    ...added.map(setting => ({ ...setting, before: facts.sysctls[setting.key] ?? setting.value })),
  ]
  return all.length === 0 ? null : fileText(all)
}

/** What ran before is put back, as our file remembers it; then the file goes, last, since it is the memory. */
function back(host: HostNode): Step | undefined {
  const { node, facts, lines } = host
  if (facts === undefined || lines === undefined) return undefined
  // Forwarding off before accept_ra goes back to 1: in between a forwarding kernel would miss an advertisement. The file has `all` before
  // `default`, and must have: it sets that too.
  const ordered = lines.toSorted((a, b) => Number(isAdvertisement(a)) - Number(isAdvertisement(b)))
  return step(
    host,
    'back',
    [],
    [
      ...ordered.map(({ key, before }) => sysctlChange(node, key, facts.sysctls[key] ?? before, before)),
      textChange({ kind: 'file', node, path: ownFile }, host.text, null),
    ],
    ordered.map(({ key, before }) => ({ key, value: before })),
  )
}

const isAdvertisement = ({ key }: Setting): boolean => key.endsWith('.accept_ra')
function step(
  { node }: HostNode,
  way: 'there' | 'back',
  families: readonly Family[],
  candidates: readonly (Change | undefined)[],
  settings: readonly Setting[],
): Step | undefined {
  const changes = candidates.filter(change => change !== undefined)
  if (changes.length === 0) return undefined
  return {
    id: `host/${node}`,
    stage: 'host',
    layer: 'host',
    title:
      way === 'there'
        ? `Forward ${families.join(' and ')} on ${node}`
        : `Put the forwarding settings of ${node} back`,
    why:
      way === 'there'
        ? 'a node drops packets of a family that it does not forward: pods would have addresses that nobody reaches'
        : 'no pod of that family is left on the node',
    interrupts: [{ what: `nothing on ${node}: default routes by router advertisement are kept`, seconds: 0 }],
    leaves: [],
    needs: [],
    changes,
    refreshes: [],
    gates: [holdsSettings(node, settings)],
  }
}

/** What would only show later, when kubelet leaves the address out without an error (kubernetes.md 5.2). */
function assertAble(node: string, facts: NodeFacts, family: Family, goal: Goal): void {
  const [key] = forwardingKeys[family]
  if (facts.sysctls[key] === undefined) {
    throw new RefusedError(
      `the kernel of ${node} has no ${key}: it does not speak ${family}`,
      'host.no-family',
      `Boot it with ${family} enabled.`,
    )
  }
  const address = goal.nodeAddresses[node]?.[family]
  if (address === undefined) {
    throw new RefusedError(
      `node ${node} has no ${family} address`,
      'node.no-address',
      'Give it one, or name one: --node-address NODE=ADDRESS.',
    )
  }
  const wanted = tryParseIP(address)?.value
  const known = facts.addresses.filter(one => one.family === family)
  if (known.some(one => tryParseIP(one.address)?.value === wanted)) return
  throw new RefusedError(
    `no interface of ${node} has the address ${address}`,
    'node.no-address',
    `kubelet would go on without it. ${family} addresses there: ${known.map(one => one.address).join(', ') || 'none'}.`,
  )
}
