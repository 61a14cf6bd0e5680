import { type Family, families } from '../../address/family.ts'
import type { Goal } from '../../model/goal.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import type { Notice } from '../../model/plan.ts'
import { rowsOf } from '../shared/rows.ts'
import { lastFile, ownFile } from './file.ts'
import { settingsGate } from './gates.ts'
import { type HostNode, type HostState, readHost, reads } from './read.ts'
import { forwardingKeys } from './settings.ts'
import { hostSteps } from './steps.ts'
import { underlayKind } from './underlay.ts'

/** The nodes' kernels: forwarding of each family, now and after the next boot. */
export const host: Layer<HostState> = {
  id: 'host',
  title: 'Forwarding on the nodes',
  reads,
  read: readHost,
  status: ({ nodes }) =>
    rowsOf(
      'forwarding',
      nodes.map(node => ({ node: node.node, row: rowOf(node) })),
    ),
  steps: (state, goal, stage) => (stage === 'host' ? hostSteps(state, goal) : []),
  notices: ({ nodes }, goal) => nodes.flatMap(node => noticesOf(node, goal)),
  gates: { settings: settingsGate, underlay: underlayKind },
}

function rowOf({ facts, lines, persisted, unread }: HostNode): Omit<StatusRow, 'subject'> {
  if (facts === undefined) return { configured: {}, running: {}, note: `not read: ${unread}` }
  const configured: { [F in Family]?: string } = {}
  const running: { [F in Family]?: string } = {}
  for (const family of families) {
    const [key] = forwardingKeys[family]
    const set = lines?.find(line => line.key === key)?.value ?? persisted.get(key)?.value
    if (set !== undefined) configured[family] = onOff(set)
    const now = facts.sysctls[key]
    if (now !== undefined) running[family] = onOff(now)
  }
  return { configured, running }
}

const onOff = (value: string): string => (value === '0' ? 'off' : 'on')

function noticesOf(host: HostNode, goal: Goal): readonly Notice[] {
  const { node, text, lines, last, persisted } = host
  const object = `${node}:${ownFile}`
  const isBack = goal.families.length === 1
  if (host.facts === undefined) {
    return isBack
      ? [
          {
            layer: 'host',
            object: node,
            message: `was not read (${host.unread}), so its forwarding is left as it is`,
          },
        ]
      : []
  }
  if (isBack && text !== null && lines === undefined) {
    return [
      {
        layer: 'host',
        object,
        message: 'was edited by somebody, so it is left',
        remedy: 'Remove it when nobody needs it.',
      },
    ]
  }
  if (isBack) return []
  return goal.families.slice(1).flatMap(family => {
    const [key] = forwardingKeys[family]
    const later = persisted.get(key)
    const beats = [
      ...(last[key] === '0' ? [lastFile] : []),
      ...(later?.value === '0' && nameOf(later.path) > nameOf(ownFile) ? [later.path] : []),
    ]
    return beats.map(path => ({
      layer: 'host',
      object: `${node}:${path}`,
      message: `sets ${key} = 0 and is read after ${ownFile}: forwarding ends with the next boot or \`sysctl --system\``,
      remedy: `Take ${key} out of ${path}.`,
    }))
  })
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
