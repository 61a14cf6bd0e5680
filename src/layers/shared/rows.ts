import { sameJson } from '../../model/fields.ts'
import type { StatusRow } from '../../model/layer.ts'

/** One row for all nodes when they say the same, else one for each: `kubelet n2`. */
export function rowsOf(
  subject: string,
  nodes: readonly { readonly node: string; readonly row: Omit<StatusRow, 'subject'> }[],
): readonly StatusRow[] {
  const [first, ...others] = nodes
  if (first === undefined) return []
  if (others.every(({ row }) => sameJson(row, first.row))) return [{ subject, ...first.row }]
  return nodes.map(({ node, row }) => ({ subject: `${subject} ${node}`, ...row }))
}
