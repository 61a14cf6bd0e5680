import { accessSync, constants, readdirSync, readFileSync, realpathSync, renameSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'

const modules = fileURLToPath(new URL('../go/', import.meta.url))

/** Go's own folder for a module of the lab: `moduleFolder('tools')`. */
export const moduleFolder = (name: string): string => join(modules, name)

export interface GoBuild {
  /** Folder with the go.mod. */
  readonly module: string
  /** Name of the binary → package. All are built by one call: they share most of their packages. */
  readonly binaries: Readonly<Record<string, string>>
  /** `-X` values: full name of a string variable → value. */
  readonly values?: Readonly<Record<string, string>>
}

/** Builds static, stripped binaries into `folder`, exactly from what go.sum pins. */
export async function goBuild(build: GoBuild, folder: string): Promise<void> {
  const values = Object.entries(build.values ?? {}).flatMap(([name, value]) => ['-X', `${name}=${value}`])
  const flags = [
    '-buildvcs=false',
    '-trimpath',
    '-mod=readonly',
    '-ldflags',
    ['-s', '-w', ...values].join(' '),
  ]
  const packages = Object.values(build.binaries)
  await run('nice', ['go', 'build', ...flags, '-o', `${folder}/`, ...packages], {
    cwd: build.module,
    env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    attempt: `building ${Object.keys(build.binaries).join(', ')}`,
    hint: 'Go, and access to a Go module proxy (see GOPROXY), are needed for the first build.',
  })
  for (const [binary, name] of Object.entries(build.binaries)) {
    const built = builtName(name)
    if (built !== binary) renameSync(join(folder, built), join(folder, binary))
  }
}

/** go build calls a binary after the last part of its package that is not a major version. */
function builtName(name: string): string {
  const parts = name.split('/').filter(part => !/^v\d+$/.test(part))
  return parts.at(-1) ?? name
}

/** What a build of these packages of the module depends on, for the key of the cache. */
export function goInputs(build: GoBuild, sources: readonly string[] = []): string[] {
  const files = ['go.mod', 'go.sum', ...sources.flatMap(folder => goFiles(build.module, folder))]
  return [
    goVersion(),
    JSON.stringify([build.binaries, build.values]),
    ...files.map(file => `${file}\n${readFileSync(join(build.module, file), 'utf8')}`),
  ]
}

const goFiles = (module: string, folder: string): string[] =>
  readdirSync(join(module, folder))
    .filter(name => name.endsWith('.go') && !name.endsWith('_test.go'))
    .sort()
    .map(name => join(folder, name))

/** Read from Go's own folder: calling it would take longer than all the rest of a warm start. */
function goVersion(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'go')
    try {
      accessSync(program, constants.X_OK)
      return readFileSync(join(dirname(realpathSync(program)), '..', 'VERSION'), 'utf8').split('\n')[0] ?? ''
    } catch {
      // Not here: the next one.
    }
  }
  throw new Error(
    'go was not found on the PATH: the lab builds Kubernetes from source. Install Go 1.26 or newer.',
  )
}
