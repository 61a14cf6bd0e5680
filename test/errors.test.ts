import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const document = readFileSync(join(root, 'docs/errors.md'), 'utf8')

/** Parts of the tool that name their errors: the word in front of the dot. */
const areas =
  'address api api-server bundle calico cni credentials diagnose exec gate host intent journal kube-apiserver kube-proxy kubeconfig kubelet lock node nodes observe plan preflight range rehearse run static-pod swap text verify workloads'.split(
    ' ',
  )
/** The same form, and something else: names of files and units. */
const others = /\.(jsonl|txt|ts|service|yaml)$/

/** Codes that are made of parts: of an answer of the API server, of the agent on a node, of where a swap ended. */
const composed = [/^api\.[a-z-]+$/, /^nodes\.(tools|systemd|refused|conflict|busy)$/, /^api-server\.[a-z-]+$/]

const code = new RegExp(`^(?:${areas.join('|')})\\.[a-z]+(?:-[a-z]+)*$`)
const sources = readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
  .map(entry => join(entry.parentPath, entry.name))
  .filter(path => !path.includes('/testing'))
const raised = new Set(
  sources
    .flatMap(path => [...readFileSync(path, 'utf8').matchAll(/'([a-z.-]+)'/g)])
    .map(match => match[1] ?? '')
    .filter(word => code.test(word) && !others.test(word)),
)
const documented = new Set(
  [...document.matchAll(/`([a-z.-]+)`/g)]
    .map(match => match[1] ?? '')
    .filter(word => code.test(word) && !others.test(word)),
)

test('every error code is documented', () => {
  expect(raised.size).toBeGreaterThan(80)
  expect([...raised].filter(word => !documented.has(word))).toEqual([])
})

test('nothing is documented that no code says any more', () => {
  const known = (word: string): boolean => raised.has(word) || composed.some(form => form.test(word))
  expect([...documented].filter(word => !known(word))).toEqual([])
})

test('every exit code is documented', () => {
  const errors = readFileSync(join(root, 'src/base/errors.ts'), 'utf8')
  const codes = [...errors.matchAll(/^ {2}(\w+): (\d),$/gm)].map(
    ([, name, number]) => `| ${number} | ${name} |`,
  )
  expect(codes.length).toBeGreaterThan(6)
  for (const row of codes) expect(document).toContain(row)
})
