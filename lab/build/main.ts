import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureArtifacts } from './index.ts'
import { type Minor, versions } from './versions.ts'

/** `tsx lab/build/main.ts [--kubernetes 1.36]`: builds all that the lab runs from, and says what and how long. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kubernetes: { type: 'string', default: Object.keys(versions)[0]! } },
  })
  const started = Date.now()
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const artifacts = await ensureArtifacts({ kubernetes: values.kubernetes as Minor, log })
  const rows = [
    ['kubernetes', artifacts.kubernetes, ''],
    ['bin', artifacts.bin, ''],
    ['calico.yaml', artifacts.calicoManifest, ''],
    ...Object.entries(artifacts.images).map(([name, tar]) => [
      artifacts.refs[name] ?? name,
      tar,
      `${Math.round(statSync(tar).size / 1e6)} MB`,
    ]),
    ['seed control-plane', await artifacts.seed('control-plane'), ''],
    ['seed worker', await artifacts.seed('worker'), ''],
  ]
  const width = Math.max(...rows.map(([name]) => name!.length))
  for (const [name, path, size] of rows) {
    process.stdout.write(`${`${name!.padEnd(width)}  ${size!.padStart(6)}  ${path}`.trimEnd()}\n`)
  }
  log(`all in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

main().catch(error => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
})
