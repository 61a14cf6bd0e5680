import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'
import type { TarEntry } from './tar.ts'

/** /bin, /sbin and /lib are links into /usr, as in Debian; entries are at their real place. */
export const base: readonly TarEntry[] = [
  ...['bin', 'sbin', 'lib', 'lib64'].map(name => ({ path: name, link: `usr/${name}` })),
  ...['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'dev', 'proc', 'run', 'sys', 'var'].map(directory),
  { path: 'tmp', directory: true, mode: 0o1777 },
  text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
  text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
  text('etc/nsswitch.conf', 'hosts: files dns\n'),
]

function directory(path: string): TarEntry {
  return { path, directory: true }
}

function text(path: string, content: string): TarEntry {
  return { path, text: content, mode: 0o644 }
}

/** A file of this machine at `path`, given as programs are called: /sbin/ip, /lib/x86_64-linux-gnu/libc.so.6. */
export const file = (path: string, from = path): TarEntry => ({
  path: merged(path),
  from: realpathSync(from),
})

export const link = (path: string, target: string): TarEntry => ({ path: merged(path), link: target })

function merged(path: string): string {
  if (!path.startsWith('/')) throw new Error(`${path}: a path in an image begins with /`)
  return path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/').slice(1)
}

/** A shell and what belongs to it. */
export async function busybox(unpacked: string): Promise<TarEntry[]> {
  const program = join(unpacked, 'bin/busybox')
  const applets = (await run(program, ['--list'], { attempt: 'listing what busybox can do' }))
    .trim()
    .split('\n')
  return [
    file('/bin/busybox', program),
    ...applets.filter(applet => applet !== 'busybox').map(applet => link(`/bin/${applet}`, 'busybox')),
  ]
}

/** What kube-proxy and Felix call. */
export async function networkTools(): Promise<TarEntry[]> {
  const modules = realpathSync((await xtablesFolder()).trim())
  const programs = ['xtables-nft-multi', 'xtables-legacy-multi', 'conntrack', 'ipset', 'nft', 'ip']
  const tools = programs.map(name => `/usr/sbin/${name}`)
  const extensions = readdirSync(modules).map(name => join(modules, name))
  return [
    ...tools.map(path => file(path)),
    ...extensions.map(path => file(path)),
    // The extensions have libraries of their own: libxt_statistic needs libm.
    ...(await libraries([...tools, ...extensions])),
    ...tableNames.flatMap(name => [
      link(`/usr/sbin/${name}`, 'xtables-nft-multi'),
      link(`/usr/sbin/${name.replace('tables', 'tables-nft')}`, 'xtables-nft-multi'),
      link(`/usr/sbin/${name.replace('tables', 'tables-legacy')}`, 'xtables-legacy-multi'),
    ]),
  ]
}

const tableNames = ['iptables', 'ip6tables'].flatMap(name => [name, `${name}-save`, `${name}-restore`])

async function xtablesFolder(): Promise<string> {
  const listed = await run('dpkg-query', ['-L', 'iptables'], {
    attempt: 'looking for the extensions of iptables',
  })
  const extension = listed.split('\n').find(path => path.endsWith('/libxt_statistic.so'))
  if (!extension) throw new Error('the package iptables has no libxt_statistic.so: is it a Debian package?')
  return extension.slice(0, extension.lastIndexOf('/'))
}

/** The shared libraries of programs of this machine, the dynamic linker included. */
export async function libraries(programs: readonly string[]): Promise<TarEntry[]> {
  const listed = await run('ldd', programs, { attempt: 'looking for shared libraries' })
  const missing = /^\s*(\S+) => not found/m.exec(listed)?.[1]
  if (missing) throw new Error(`the shared library ${missing}, which an image needs, is not installed`)
  const paths = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  return [...new Set(paths)].map(path => file(path))
}

/** Entries by path, the first of a path wins: where a tool is there, its applet of busybox is left out. */
export function merge(...lists: readonly (readonly TarEntry[])[]): TarEntry[] {
  const all = new Map<string, TarEntry>()
  for (const entry of lists.flat()) if (!all.has(entry.path)) all.set(entry.path, entry)
  return [...all.values()]
}

/** A folder of this machine with all that is in it. `executable` says which files are. */
export function folder(path: string, from: string, executable: (path: string) => boolean): TarEntry[] {
  return readdirSync(from, { withFileTypes: true }).flatMap(entry => {
    const [inside, source] = [`${path}/${entry.name}`, join(from, entry.name)]
    if (entry.isDirectory()) return folder(inside, source, executable)
    return [{ ...file(inside, source), mode: executable(inside) ? 0o755 : 0o644 }]
  })
}
