import { chownSync, existsSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashText } from '../../text/edits.ts'
import { FakeNode, shells, someShell } from './testing/node.ts'

const path = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const isRoot = process.getuid?.() === 0

describe.each(shells)('writing a file, under $name', ({ argv, there }) => {
  let node: FakeNode
  beforeEach(() => {
    node = new FakeNode(argv)
  })
  afterEach(() => node.remove())
  const write = (before: string | null, text: string | null, mode?: number) =>
    node.access.write('n1', {
      path,
      before: before === null ? null : hashText(before),
      text,
      run: 'run-1',
      ...(mode === undefined ? {} : { mode }),
    })
  const names = () => readdirSync(dirname(node.path(path)))

  test.skipIf(!there)(
    'replaces it, keeps mode and owner, and keeps the old text and its mode beside',
    async () => {
      node.put(path, 'old\n', 0o640)
      if (isRoot) chownSync(node.path(path), 7, 8)
      expect(await write('old\n', 'new €\n\n')).toBe('written')
      expect(node.text(path)).toBe('new €\n\n')
      const { mode, uid, gid } = statSync(node.path(path))
      expect(mode & 0o7777).toBe(0o640)
      if (isRoot) expect([uid, gid]).toEqual([7, 8])
      expect(names()).toEqual(['kube-apiserver.yaml'])
      expect(node.text(`/var/lib/dualstack/run-1/files${path}`)).toBe('old\n')
      expect(node.text(`/var/lib/dualstack/run-1/notes${path}`)).toBe(
        `640 ${uid}:${gid} ${hashText('old\n')}\n`,
      )
      expect(statSync(node.path(`/var/lib/dualstack/run-1/files${path}`)).mode & 0o777).toBe(0o600)
      expect(statSync(node.path('/var/lib/dualstack/run-1')).mode & 0o777).toBe(0o700)
    },
  )

  test.skipIf(!there)('what is there already is left alone', async () => {
    node.put(path, 'new')
    expect(await write('old', 'new')).toBe('already')
  })

  test.skipIf(!there)('what somebody else changed is not lost', async () => {
    node.put(path, 'somebody’s')
    await expect(write('old', 'new')).rejects.toMatchObject({
      code: 'nodes.conflict',
      message: expect.stringContaining(path),
    })
    await expect(write(null, 'new')).rejects.toMatchObject({ code: 'nodes.conflict' })
    expect(node.text(path)).toBe('somebody’s')
    expect(names()).toEqual(['kube-apiserver.yaml'])
  })

  test.skipIf(!there)('the backup is of what stood there before the first write of the run', async () => {
    node.put(path, '1')
    await write('1', '2')
    await write('2', '3')
    expect(node.text(`/var/lib/dualstack/run-1/files${path}`)).toBe('1')
  })

  test.skipIf(!there)('makes a new file, and takes one away', async () => {
    node.put('/etc/kubernetes/manifests/other.yaml', '')
    expect(await write(null, 'new', 0o600)).toBe('written')
    expect(statSync(node.path(path)).mode & 0o777).toBe(0o600)
    expect(await write('new', null)).toBe('written')
    expect(await write('new', null)).toBe('already')
    expect(existsSync(node.path(path))).toBe(false)
    expect(node.text(`/var/lib/dualstack/run-1/notes${path}`)).toBe('absent\n')
  })

  test.skipIf(!there)('refuses a link, a folder, and a folder that is not there', async () => {
    node.put('/etc/real', 'old')
    node.put('/etc/kubernetes/manifests/other.yaml', '')
    symlinkSync('/etc/real', node.path(path))
    await expect(write('old', 'new')).rejects.toMatchObject({
      code: 'nodes.refused',
      message: expect.stringContaining('is a link to /etc/real'),
    })
    expect(node.text('/etc/real')).toBe('old')
    const elsewhere = { before: null, text: 'x', run: 'r' }
    await expect(node.access.write('n1', { path: '/no/such', ...elsewhere })).rejects.toMatchObject({
      code: 'nodes.refused',
    })
    await expect(node.access.write('n1', { path: '/etc/kubernetes', ...elsewhere })).rejects.toMatchObject({
      code: 'nodes.refused',
    })
  })

  test.skipIf(!there)('a full disk leaves the old file', async () => {
    node.put(path, 'old')
    node.program('base64', 'if [ "$1" = -d ]; then head -c 1; exit 1; fi; exec /usr/bin/base64 "$@"')
    await expect(write('old', 'new')).rejects.toMatchObject({ code: 'nodes.refused' })
    expect(node.text(path)).toBe('old')
    expect(names()).toEqual(['kube-apiserver.yaml'])
  })
})

test('a path that is relative or steps up never reaches a node', async () => {
  const node = new FakeNode()
  for (const bad of ['etc/hosts', '/etc/../root', '/a\nb']) {
    await expect(
      node.access.write('n1', { path: bad, before: null, text: '', run: 'r' }),
    ).rejects.toMatchObject({
      exitCode: 3,
    })
  }
  node.remove()
})

const commands = [
  'mv',
  'rm',
  'cat',
  'chmod',
  'chown',
  'sync',
  'sha256sum',
  'stat',
  'mkdir',
  'base64',
  'readlink',
  'tr',
]

describe('a crash', () => {
  // The shell is killed before, and after, each program that it starts: between any two things that touch the disk.
  test.each(['before', 'after'])(
    '%s any program leaves the old text or the new one, whole, and the next try succeeds',
    async when => {
      let crashes = 0
      for (let at = 1; ; at++) {
        const node = new FakeNode()
        node.put(path, 'old\n', 0o600)
        node.put('/count', '0')
        for (const command of commands) {
          const die = `if [ "$n" -eq ${at} ]; then kill -KILL "$(cat ${node.path('/shell')})" $PPID; exit 1; fi`
          const real = `PATH=/usr/bin:/bin ${command} "$@"; code=$?`
          const count = `read n <${node.path('/count')}; n=$((n + 1)); echo $n >${node.path('/count')}`
          node.program(
            command,
            [
              'PATH=/usr/bin:/bin',
              count,
              ...(when === 'before' ? [die, real] : [real, die]),
              'exit $code',
            ].join('\n'),
          )
        }
        const crashed = await tryWrite(node, someShell)
        expect(['old\n', 'new\n']).toContain(node.text(path))
        const visible = readdirSync(dirname(node.path(path))).filter(name => !name.startsWith('.'))
        expect(visible).toEqual(['kube-apiserver.yaml'])
        for (const command of commands) node.program(command, `PATH=/usr/bin:/bin exec ${command} "$@"`)
        await node.access.write('n1', { path, before: hashText('old\n'), text: 'new\n', run: 'r' })
        expect(node.text(path)).toBe('new\n')
        expect(readdirSync(dirname(node.path(path)))).toEqual(['kube-apiserver.yaml'])
        expect(node.text(`/var/lib/dualstack/r/files${path}`)).toBe('old\n')
        node.remove()
        if (!crashed) break
        crashes++
      }
      expect(crashes).toBeGreaterThan(15)
    },
    120_000,
  )
})

/** Writes with a shell that leaves its process id where the programs find it. True: it was killed. */
async function tryWrite(node: FakeNode, argv: readonly string[]): Promise<boolean> {
  const { nodeAccess } = await import('./index.ts')
  const { localTransport } = await import('./local.ts')
  const shell = ['sh', '-c', `echo $$ >${node.path('/shell')}; exec "$@"`, 'sh', ...argv]
  const place = { root: node.root, path: `${node.programs}:/usr/bin:/bin` }
  const access = nodeAccess(localTransport({ shell }), { place })
  return access.write('n1', { path, before: hashText('old\n'), text: 'new\n', run: 'r' }).then(
    () => false,
    () => true,
  )
}
