import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cloneSeed } from './seed.ts'

it('shares all files of a seed but its databases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seed-'))
  try {
    const [seed, node] = [join(folder, 'seed'), join(folder, 'node')]
    mkdirSync(join(seed, 'bolt'), { recursive: true })
    writeFileSync(join(seed, 'bolt/meta.db'), 'of the seed', { mode: 0o600 })
    writeFileSync(join(seed, 'layer'), 'bytes')
    cloneSeed(seed, node)
    const inode = (path: string) => statSync(path).ino
    expect(inode(join(node, 'layer'))).toBe(inode(join(seed, 'layer')))
    expect(inode(join(node, 'bolt/meta.db'))).not.toBe(inode(join(seed, 'bolt/meta.db')))
    expect(statSync(join(node, 'bolt/meta.db')).mode & 0o777).toBe(0o600)
    writeFileSync(join(node, 'bolt/meta.db'), 'of the node')
    expect(readFileSync(join(seed, 'bolt/meta.db'), 'utf8')).toBe('of the seed')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
