import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from './testing.ts'

const from = ['--from', resolve(import.meta.dirname, '../../samples/calico-1cp-1w')]
let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'cli-document-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))
const text = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8')

test('a document is a new file, and names the plan file that it is about', async () => {
  const saved = ['plan', ...from, '--save', 'plan.json', '--document', 'plan.html']
  expect(await run(saved, { cwd })).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'saved to plan.json\nwritten to plan.html\n',
  })
  const fingerprint = createHash('sha256')
    .update(await text('plan.json'))
    .digest('hex')
  expect(await text('plan.html')).toContain(`SHA-256 ${fingerprint}`)
  const again = await run(['plan', ...from, '--document', 'plan.html'], { cwd })
  expect(again).toMatchObject({ exitCode: 2, stdout: '' })
  expect(again.stderr).toContain('plan.html is there already')
})

test('a document of another kind is refused before anything is read', async () => {
  const { exitCode, stderr } = await run(['plan', '--from', 'nothing', '--document', 'plan.pdf'], { cwd })
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('ends in .md or .html') as string,
  })
})

test('-o markdown and -o html print it', async () => {
  expect((await run(['plan', ...from, '-o', 'markdown'], { cwd })).stdout).toMatch(/^# Plan: to dual-stack/)
  expect((await run(['plan', ...from, '-o', 'html'], { cwd })).stdout).toMatch(/^<!doctype html>/)
})

test('what is wanted comes from a file, and options win', async () => {
  await writeFile(
    join(cwd, 'dualstack.yaml'),
    'apiVersion: dualstack/v1\nkind: DualStack\npods: {cidr: "fd00:1::/56"}\nservices: {cidr: "fd00:2::/112"}\n',
  )
  const { stdout } = await run(['plan', ...from, '--config', 'dualstack.yaml', '--pods', 'fd00:9::/56'], {
    cwd,
  })
  expect(stdout).toContain('fd00:9::/56 is added (you named it)')
  expect(stdout).toContain('fd00:2::/112 is added (you named it)')
})

test('mistakes in the file are told with their lines, before anything is read', async () => {
  await writeFile(join(cwd, 'dualstack.yaml'), 'apiVersion: dualstack/v1\nkind: DualStack\npod: {}\n')
  expect(
    await run(['plan', '--from', 'nothing', '--config', 'dualstack.yaml'], { cwd }),
  ).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "error: dualstack.yaml has a mistake:
      line 3, column 1: pod: no such field; did you mean pods?
    hint: All fields: docs/dualstack-yaml.md. Editors check while you type with schema/dualstack.schema.json.
    ",
      "stdout": "",
    }
  `)
})
