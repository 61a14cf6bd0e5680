import { createHash } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TarEntry, writeTar } from './tar.ts'

export interface ImageConfig {
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  /** NAME=value; a PATH is there already. */
  readonly environment?: readonly string[]
  readonly workingFolder?: string
  readonly user?: string
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Writes an OCI image layout as one tar file that `ctr images import` takes. One layer, not compressed: packing and
 * unpacking would cost more time than the bytes do, on one machine.
 */
export function writeImage(
  file: string,
  reference: string,
  entries: readonly TarEntry[],
  config: ImageConfig,
): void {
  const layerFile = join(`${file}.layer`)
  try {
    const layer = writeTar(layerFile, entries)
    const configuration = blob({
      architecture: architecture(),
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        Env: [path, ...(config.environment ?? [])],
        WorkingDir: config.workingFolder ?? '/',
        ...(config.entrypoint && { Entrypoint: config.entrypoint }),
        ...(config.command && { Cmd: config.command }),
        ...(config.user && { User: config.user }),
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    })
    const manifest = blob({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', configuration),
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: `sha256:${layer}`,
          size: statSync(layerFile).size,
        },
      ],
    })
    const index = {
      schemaVersion: 2,
      manifests: [
        {
          ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest),
          // containerd takes the whole name from its own annotation; the standard one holds only a tag.
          annotations: {
            'io.containerd.image.name': reference,
            'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
          },
        },
      ],
    }
    writeTar(file, [
      { path: 'oci-layout', mode: 0o644, text: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
      { path: 'index.json', mode: 0o644, text: JSON.stringify(index) },
      { path: `blobs/sha256/${configuration.digest}`, mode: 0o644, text: configuration.text },
      { path: `blobs/sha256/${manifest.digest}`, mode: 0o644, text: manifest.text },
      { path: `blobs/sha256/${layer}`, mode: 0o644, from: layerFile },
    ])
  } finally {
    rmSync(layerFile, { force: true })
  }
}

interface Blob {
  readonly text: string
  readonly digest: string
}

function blob(value: unknown): Blob {
  const text = JSON.stringify(value)
  return { text, digest: createHash('sha256').update(text).digest('hex') }
}

const descriptor = (mediaType: string, { digest, text }: Blob) => ({
  mediaType,
  digest: `sha256:${digest}`,
  size: Buffer.byteLength(text),
})

/** What Node calls x64 is amd64 in images; the others that Debian has are called the same. */
const architecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch)
