import type { Family } from '../../address/family.ts'
import type { Answer, Place, Verification } from '../../model/verification.ts'

/** What went one way: all asks from one place to another in one family. */
export interface Cell {
  readonly passed: number
  readonly failed: number
}

/** Who asked (rows) whom (columns), in one family. */
export interface Matrix {
  readonly family: Family
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** undefined: nothing was asked that way. */
  readonly cell: (row: string, column: string) => Cell | undefined
  /** Nodes that are left out of rows and columns, because they are many and all was well with them. */
  readonly folded: number
}

/** What does not stand on a node has a row or column of its own, behind those of the nodes. */
const others: readonly { readonly kind: Place['kind']; readonly title: string }[] = [
  { kind: 'service', title: 'Service' },
  { kind: 'ingress', title: 'Ingress' },
  { kind: 'dns', title: 'DNS' },
  { kind: 'api-server', title: 'API server' },
  { kind: 'outside', title: 'outside' },
]

/** Where a place stands in the matrix: on its node, or under what it is. */
function lineOf({ kind, name, node }: Place): string {
  const title = others.find(other => other.kind === kind)?.title
  return title ?? node ?? name
}

/** One matrix for each family that was asked. More nodes than `most`: only those with a failure are shown, and the first of the rest. */
export function matricesOf({ families, nodes, answers }: Verification, most: number): readonly Matrix[] {
  return families.flatMap(family => {
    const asked = answers.filter(({ ask }) => ask.family === family)
    return asked.length === 0 ? [] : [matrixOf(family, nodes, asked, most)]
  })
}

function matrixOf(
  family: Family,
  nodes: readonly string[],
  answers: readonly Answer[],
  most: number,
): Matrix {
  const cells = new Map<string, Cell>()
  const failing = new Set<string>()
  const from = new Set<string>()
  const to = new Set<string>()
  for (const { ask, outcome } of answers) {
    const row = lineOf(ask.from)
    const column = lineOf(ask.to)
    const key = keyOf(row, column)
    const { passed, failed } = cells.get(key) ?? { passed: 0, failed: 0 }
    const isFailed = outcome === 'failed'
    cells.set(key, { passed: passed + (isFailed ? 0 : 1), failed: failed + (isFailed ? 1 : 0) })
    from.add(row)
    to.add(column)
    if (isFailed) failing.add(row).add(column)
  }
  // A node of which the list knows nothing (it left meanwhile) has its line too.
  const titles = others.map(({ title }) => title)
  const known = [...new Set([...nodes, ...from, ...to])].filter(name => !titles.includes(name))
  const shown = chosen(known, failing, most)
  const lines = (used: ReadonlySet<string>) => [
    ...shown.filter(name => used.has(name)),
    ...titles.filter(title => used.has(title)),
  ]
  return {
    family,
    rows: lines(from),
    columns: lines(to),
    cell: (row, column) => cells.get(keyOf(row, column)),
    folded: known.length - shown.length,
  }
}

function chosen(nodes: readonly string[], failing: ReadonlySet<string>, most: number): readonly string[] {
  if (nodes.length <= most) return nodes
  const bad = nodes.filter(name => failing.has(name)).slice(0, most)
  const rest = nodes.filter(name => !failing.has(name)).slice(0, most - bad.length)
  const both = new Set([...bad, ...rest])
  return nodes.filter(name => both.has(name))
}

const keyOf = (row: string, column: string): string => JSON.stringify([row, column])
