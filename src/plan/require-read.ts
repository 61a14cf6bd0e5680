import { RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'

/** Without these a plan would be silent about nodes, pods or Services that are there. */
const needed = ['v1/nodes', 'v1/pods', 'v1/services']

/**
 * Nothing is planned on half a reading: pods that nobody saw would keep one family, and no step would say so.
 * @throws RefusedError `plan.unread`
 */
export function requireRead({ unread }: Cluster): void {
  const missing = needed.filter(resource => unread[resource] !== undefined)
  if (missing.length === 0) return
  throw new RefusedError(
    missing.map(resource => `${resource} was not read: ${unread[resource] ?? ''}`).join('\n  '),
    'plan.unread',
    'Take the snapshot again, or let whoever runs this list them: docs/rbac.yaml.',
  )
}
