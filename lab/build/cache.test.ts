import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cached, cacheFolder } from './cache.ts'

describe('cached', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cache-'))
    vi.stubEnv('DUALSTACK_LAB_CACHE', folder)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  let made = 0
  const ask = (...inputs: string[]) =>
    cached(
      {
        name: 'thing',
        inputs,
        make: async target => writeFileSync(join(target, 'made'), String(++made)),
      },
      () => {},
    )
  const shelf = () => readdirSync(join(cacheFolder(), 'thing'))
  const gone = () => spawnSync('true').pid

  it('makes a thing once for the same inputs', async () => {
    const first = await ask('a')
    expect(await ask('a')).toBe(first)
    expect(await ask('a', '')).not.toBe(first)
  })

  it('makes it once when it is asked for twice at the same time', async () => {
    const before = made
    expect(new Set(await Promise.all([ask('a'), ask('a'), ask('a')])).size).toBe(1)
    expect(made).toBe(before + 1)
    expect(shelf()).toHaveLength(1)
  })

  it('leaves nothing when making fails, and tries again', async () => {
    const fail = cached(
      { name: 'thing', inputs: ['a'], make: () => Promise.reject(new Error('no')) },
      () => {},
    )
    await expect(fail).rejects.toThrow('no')
    expect(shelf()).toEqual([])
    expect(readFileSync(join(await ask('a'), 'made'), 'utf8')).toBe(String(made))
  })

  it('takes over the lock, and removes the draft, of a process that is gone', async () => {
    const entry = await ask('a')
    rmSync(entry, { recursive: true })
    writeFileSync(`${entry}.lock`, String(gone()))
    mkdirSync(join(cacheFolder(), 'thing', `.draft-${gone()}-00`))
    expect(await ask('a')).toBe(entry)
    expect(shelf()).toHaveLength(1)
  })

  it('keeps the two that were used last', async () => {
    const [a, b] = [await ask('a'), await ask('b')]
    for (const [entry, seconds] of [
      [a, 2000],
      [b, 1000],
    ] as const)
      utimesSync(entry, seconds, seconds)
    const c = await ask('c')
    expect([a, b, c].map(existsSync)).toEqual([true, false, true])
  })
})
