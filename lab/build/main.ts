import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureArtifacts } from './index.ts'
import { extras } from './services.ts'
import type { Minor } from './versions.ts'

/** `tsx lab/build/main.ts [--kubernetes 1.36] [--extras]`: builds all that the lab runs from, and says what and how long. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kubernetes: { type: 'string', default: '1.36' }, extras: { type: 'boolean', default: false } },
  })
  const started = Date.now()
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const artifacts = await ensureArtifacts(
    { kubernetes: values.kubernetes as Minor, extras: values.extras ? extras : [] },
    log,
  )
  const images = Object.entries(artifacts.images).map(([name, path]) => ({
    name: artifacts.refs[name] ?? name,
    path,
    size: `${Math.round(statSync(path).size / 1e6)} MB`,
  }))
  const rows: readonly { name: string; path: string; size?: string }[] = [
    { name: 'kubernetes', path: artifacts.kubernetes },
    { name: 'bin', path: artifacts.bin },
    { name: 'calico.yaml', path: artifacts.calicoManifest },
    ...images,
    { name: 'seed control-plane', path: await artifacts.seed('control-plane') },
    { name: 'seed worker', path: await artifacts.seed('worker') },
  ]
  const width = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, path, size = '' } of rows) {
    process.stdout.write(`${name.padEnd(width)}  ${size.padStart(6)}  ${path}\n`)
  }
  log(`all in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

main().catch(error => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
})
