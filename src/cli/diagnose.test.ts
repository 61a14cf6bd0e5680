import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'dualstack-diagnose-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const failed =
  'E1123 07:47:50.797932       1 run.go:72] "command failed" err="usage of --node-cidr-mask-size is not allowed with dual-stack clusters"\n'

test('a cause is told with its line, how sure it is, and how to mend it; the exit code says that there is one', async () => {
  const { exitCode, stdout, stderr } = await run(['diagnose', '--log', file('kcm.log', failed)])
  expect({ exitCode, stderr }).toEqual({ exitCode: 8, stderr: '' })
  expect(stdout).toMatch(/^1\. .* \(sure, controller-manager-masks\/old-flag-on-dual\)\n/)
  expect(stdout).toMatch(/because:\n {4}- .*kcm\.log at 11-23 07:47:50: E1123/)
  expect(stdout).toMatch(/ {4}mend: /)
  expect(stdout).toMatch(/^1 cause found, 1 of them sure\.$/m)
})

test('standard input and JSON', async () => {
  async function* stdin() {
    yield Buffer.from(failed.slice(0, 30))
    yield Buffer.from(failed.slice(30))
  }
  const { exitCode, stdout } = await run(['diagnose', '--log', '-', '-o', 'json'], { stdin: stdin() })
  expect(exitCode).toBe(8)
  expect(JSON.parse(stdout)).toMatchObject({
    found: [{ failure: 'controller-manager-masks/old-flag-on-dual', certainty: 'sure' }],
    lookedAt: ['standard input: 1 line'],
  })
})

test.each([
  ['gzip', Uint8Array.from([0x1f, 0x8b, 8, 0]), 'it is compressed'],
  ['empty', '', 'it is empty'],
  ['another program', 'GET / 200\n', 'the log of another program'],
])('%s is said in one line, and is no cause', async (name, text, message) => {
  const { exitCode, stdout } = await run(['diagnose', '--log', file(`${name}.txt`, text)])
  expect(exitCode).toBe(0)
  expect(stdout).toContain('No sign of a known failure.')
  expect(stdout.split('\n').filter(line => line.includes(message))).toHaveLength(1)
})

test.each([
  [['--log', folder], 'is a folder'],
  [['--log', join(folder, 'none')], 'cannot be read'],
  [['--log', '-'], 'no standard input'],
  [['--log', 'x', '--from', 'y'], 'does not go together'],
  [['--node', '=10.0.0.1'], 'lacks a name'],
])('%j is refused with exit code 2', async (words, message) => {
  const { exitCode, stderr } = await run(['diagnose', ...words])
  expect(exitCode).toBe(2)
  expect(stderr).toContain(message)
})
