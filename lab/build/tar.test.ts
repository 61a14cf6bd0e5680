import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TarEntry, writeTar } from './tar.ts'

describe('writeTar', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tar-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (entries: readonly TarEntry[], name = 'a.tar') => writeTar(join(folder, name), entries)
  const tar = (...args: string[]) =>
    execFileSync('tar', [...args, '-f', join(folder, 'a.tar')], { encoding: 'utf8' })

  it('writes what tar reads, sorted, with the folders above, without times', () => {
    write([
      { path: 'usr/bin/sh', link: 'busybox' },
      { path: 'etc/passwd', text: 'root:x:0:0\n', mode: 0o644 },
      { path: 'tmp', directory: true, mode: 0o1777 },
      { path: 'status', directory: true, owner: 999 },
    ])
    expect(tar('-tv', '--numeric-owner', '--utc').replaceAll(/ +/g, ' ')).toMatchInlineSnapshot(`
      "drwxr-xr-x 0/0 0 1970-01-01 00:00 etc
      -rw-r--r-- 0/0 11 1970-01-01 00:00 etc/passwd
      drwxr-xr-x 999/999 0 1970-01-01 00:00 status
      drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp
      drwxr-xr-x 0/0 0 1970-01-01 00:00 usr
      drwxr-xr-x 0/0 0 1970-01-01 00:00 usr/bin
      lrwxr-xr-x 0/0 0 1970-01-01 00:00 usr/bin/sh -> busybox
      "
    `)
  })

  it('gives back the bytes of files, whatever their length', () => {
    for (const length of [0, 1, 511, 512, 513, 5_000_000]) {
      const bytes = Buffer.alloc(length, 'a line\n')
      writeFileSync(join(folder, 'source'), bytes)
      write([{ path: 'copy', from: join(folder, 'source') }])
      const back = execFileSync('tar', ['-xO', '-f', join(folder, 'a.tar'), 'copy'], { maxBuffer: 1 << 24 })
      expect(back.equals(bytes)).toBe(true)
    }
  })

  it('writes the same bytes for the same entries in any order, and returns their hash', () => {
    const entries: TarEntry[] = [
      { path: 'b', text: 'b' },
      { path: 'a/c', text: 'c' },
      { path: 'a/b', link: 'c' },
    ]
    const first = write(entries)
    expect(write(entries.toReversed(), 'b.tar')).toBe(first)
    expect(execFileSync('sha256sum', [join(folder, 'a.tar')], { encoding: 'utf8' })).toContain(first)
    expect(readFileSync(join(folder, 'a.tar')).length % 512).toBe(0)
  })

  it('splits long paths, and refuses what does not fit', () => {
    const path = `${'folder/'.repeat(20)}${'x'.repeat(90)}`
    write([{ path, text: 'x' }])
    expect(tar('-t')).toContain(path)
    expect(() => write([{ path: 'x'.repeat(101), text: '' }])).toThrow('too long')
    expect(() => write([{ path: 'a', link: 'x'.repeat(101) }])).toThrow('too long')
  })

  it('refuses two entries of one path', () => {
    expect(() =>
      write([
        { path: 'a', text: '1' },
        { path: 'a', text: '2' },
      ]),
    ).toThrow('two tar entries have the path a')
  })
})
