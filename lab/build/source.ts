import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GoBuild, goBuild } from './go.ts'
import { run } from './run.ts'

/** The source of a Go module that `module` pins, in Go's own cache: only to be read. Go checks what it downloads against go.sum. */
export async function moduleSource(module: string, path: string): Promise<string> {
  const said = await run('go', ['mod', 'download', '-json', path], {
    cwd: module,
    env: { GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    attempt: `downloading the module ${path}`,
    hint: 'Access to a Go module proxy (see GOPROXY) is needed for the first build.',
  })
  return (JSON.parse(said) as { Dir: string }).Dir
}

/** A copy to adapt: Go's cache is read-only. */
export function copySource(from: string, to: string): void {
  cpSync(from, to, { recursive: true })
  makeWritable(to)
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) makeWritable(path)
    else chmodSync(path, 0o644)
  }
}

/** @throws where nothing changes: then the text that is to be adapted is not there */
export function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8')
  const after = change(before)
  if (after === before) throw new Error(`${file}: the text to adapt is not there; was a version changed?`)
  writeFileSync(file, after)
}

/** Builds as `build` says, with folders in place of modules: path of the module → folder in `work`. */
export async function buildAdapted(
  build: GoBuild,
  work: string,
  folders: Readonly<Record<string, string>>,
  bin: string,
): Promise<void> {
  cpSync(join(build.module, 'go.sum'), join(work, 'go.sum'))
  const goMod = readFileSync(join(build.module, 'go.mod'), 'utf8')
  const replaced = Object.entries(folders).map(([path, folder]) => `replace ${path} => ./${folder}\n`)
  writeFileSync(join(work, 'go.mod'), `${goMod}\n${replaced.join('')}`)
  await goBuild({ ...build, module: work }, bin)
}
