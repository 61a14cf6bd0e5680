import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identify, isAlive, kill, readRecord, writeRecord } from './process.ts'

test('a process is told from a later one with the same number', async () => {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const id = identify(child.pid ?? 0)
  if (!id) throw new Error('sleep has no identity')
  const later = { pid: id.pid, started: String(Number(id.started) - 1) }

  expect(isAlive(id)).toBe(true)
  expect(kill(later)).toBe(false)
  expect(isAlive(id)).toBe(true)

  expect(kill(id)).toBe(true)
  await once(child, 'exit')
  expect(isAlive(id)).toBe(false)
  expect(kill(id)).toBe(false)
})

test('a record is what boot.sh writes too, and none is no process', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lab-'))
  const file = join(dir, 'n1.pid')
  await writeRecord(file, { pid: 12, started: '3456' })
  expect(await readFile(file, 'utf8')).toBe('12 3456\n')
  expect(await readRecord(file)).toEqual({ pid: 12, started: '3456' })
  await writeFile(file, '')
  expect(await readRecord(file)).toBeUndefined()
  expect(await readRecord(join(dir, 'other'))).toBeUndefined()
  await rm(dir, { recursive: true })
})
