import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeImage } from './image.ts'

describe('writeImage', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'image-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('writes an OCI layout whose digests and sizes are those of its blobs', () => {
    const reference = 'registry.example:5000/team/app:1.2'
    const file = join(folder, 'image.tar')
    writeImage(file, reference, [{ path: 'app', text: 'x' }], { entrypoint: ['/app'], user: '999' })
    expect(readdirSync(folder)).toEqual(['image.tar'])

    execFileSync('tar', ['-x', '-C', folder, '-f', file])
    const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'))
    const blob = ({ digest, size }: { digest: string; size: number }) => {
      const path = `blobs/${digest.replace(':', '/')}`
      const bytes = readFileSync(join(folder, path))
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest)
      expect(bytes.length).toBe(size)
      return path
    }
    expect(json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    const [described] = json('index.json').manifests
    expect(described.annotations).toEqual({
      'io.containerd.image.name': reference,
      'org.opencontainers.image.ref.name': '1.2',
    })
    const manifest = json(blob(described))
    const config = json(blob(manifest.config))
    expect(config.config).toMatchObject({ Entrypoint: ['/app'], User: '999', WorkingDir: '/' })
    blob(manifest.layers[0])
    expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest])
  })
})
