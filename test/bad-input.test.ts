import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bundledSample } from '../src/app/sample.ts'
import { run } from '../src/cli/testing.ts'

/** Whatever is given that is broken: one error with its code, its exit code and a hint, and no file is different afterwards. */
let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bad-input-'))
  await cp(bundledSample(), join(cwd, 'b'), { recursive: true })
}, 60_000)
afterEach(() => rm(cwd, { recursive: true, force: true }), 60_000)

const at = (...parts: string[]): string => join(cwd, ...parts)
const edit = async (path: string, change: (text: string) => string): Promise<void> =>
  writeFile(at(path), change(await readFile(at(path), 'utf8')))

async function everything(): Promise<readonly string[]> {
  const entries = await readdir(cwd, { recursive: true, withFileTypes: true })
  const lines = entries.map(async entry => {
    const path = join(entry.parentPath, entry.name)
    const { size, mtimeMs } = entry.isFile() ? await stat(path) : { size: 0, mtimeMs: 0 }
    return `${path} ${size} ${mtimeMs}`
  })
  return (await Promise.all(lines)).sort()
}

interface Failed {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

const manifest = 'b/nodes/n1/files/etc/kubernetes/manifests/kube-apiserver.yaml'
const nodes = 'b/objects/v1/nodes.json'
const plan = ['plan', '--from', 'b', '-o', 'json']
const status = ['status', '--from', 'b', '-o', 'json']

/** A plan of the bundle, changed. */
async function editedPlan(change: (plan: Record<string, unknown>) => unknown): Promise<void> {
  const { stdout } = await run(plan, { cwd })
  await writeFile(at('plan.json'), JSON.stringify(change(JSON.parse(stdout) as Record<string, unknown>)))
}
const apply = ['apply', 'plan.json', '--yes', '-o', 'json', '--kubeconfig', 'nowhere']
const kubeconfig = (user: object): Promise<void> =>
  writeFile(
    at('config'),
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user }],
    }),
  )
const live = ['status', '-o', 'json', '--kubeconfig', 'config']

type Case = readonly [
  what: string,
  make: () => Promise<unknown>,
  argv: readonly string[],
  code: string,
  exitCode: number,
  says: RegExp,
]

const cases: readonly Case[] = [
  ['a list that is cut off', () => truncate(at(nodes), 900), plan, 'bundle.json', 2, /nodes\.json/],
  [
    'a list that is no text',
    () => writeFile(at(nodes), Buffer.from([0xff, 0xfe, 0x7b])),
    plan,
    'bundle.encoding',
    2,
    /nodes\.json/,
  ],
  [
    'a list that is another thing',
    () => writeFile(at(nodes), '[1, 2]'),
    plan,
    'bundle.shape',
    2,
    /nodes\.json/,
  ],
  [
    'an object without a name',
    () => writeFile(at(nodes), '{"items":[{"metadata":{}}]}'),
    plan,
    'bundle.shape',
    2,
    /name/,
  ],
  ['no list of nodes', () => rm(at(nodes)), plan, 'plan.unread', 3, /nodes/],
  ['no list of pods', () => rm(at('b/objects/v1/pods.json')), plan, 'plan.unread', 3, /pods/],
  [
    'a node without a folder',
    () => rm(at('b/nodes/n2'), { recursive: true }),
    plan,
    'node.no-address',
    3,
    /n2/,
  ],
  [
    'a bundle that is a file',
    () => writeFile(at('f'), ''),
    ['status', '--from', 'f', '-o', 'json'],
    'usage',
    2,
    /f/,
  ],
  [
    'a bundle that is not there',
    async () => {},
    ['status', '--from', 'gone', '-o', 'json'],
    'usage',
    2,
    /gone/,
  ],
  [
    'an empty folder',
    async () => {
      for (const name of await readdir(at('b'))) await rm(at('b', name), { recursive: true })
    },
    status,
    'usage',
    2,
    /b/,
  ],
  ['a manifest that is cut off', () => truncate(at(manifest), 300), plan, 'text.', 3, /kube-apiserver\.yaml/],
  [
    'a manifest with tabs',
    () => edit(manifest, text => text.replace('\n  containers:', '\n\tcontainers:')),
    plan,
    'text.',
    3,
    /kube-apiserver\.yaml/,
  ],
  [
    'a manifest with a key twice',
    () => edit(manifest, text => text.replace('spec:\n', 'spec:\n  hostNetwork: true\n')),
    plan,
    'text.',
    3,
    /kube-apiserver\.yaml/,
  ],
  [
    'a manifest that is no text',
    () => writeFile(at(manifest), Buffer.from([0x61, 0xff, 0xfe, 0x0a])),
    plan,
    'node.unread',
    3,
    /kube-apiserver\.yaml/,
  ],
  ['a huge list', () => truncate(at('b/version.json'), 600 * 1024 * 1024), plan, 'usage', 2, /500 MB/],
  [
    'a list that is a FIFO',
    async () => {
      await rm(at(nodes))
      execFileSync('mkfifo', [at(nodes)])
    },
    plan,
    'plan.unread',
    3,
    /nodes/,
  ],
  [
    'a list that is a link out of the bundle',
    async () => {
      await cp(at(nodes), at('nodes.json'))
      await rm(at(nodes))
      await symlink(at('nodes.json'), at(nodes))
    },
    plan,
    'plan.unread',
    3,
    /nodes/,
  ],
  [
    'a list that is a device',
    async () => {
      await rm(at(nodes))
      await symlink('/dev/zero', at(nodes))
    },
    plan,
    'plan.unread',
    3,
    /nodes/,
  ],
  [
    'a node folder that is a link out of the bundle',
    async () => {
      await cp(at('b/nodes/n2'), at('n2'), { recursive: true })
      await rm(at('b/nodes/n2'), { recursive: true })
      await symlink(at('n2'), at('b/nodes/n2'))
    },
    plan,
    'node.no-address',
    3,
    /n2/,
  ],
  [
    'a node named ../..',
    () => edit(nodes, text => text.replaceAll('"n2"', '"../../n2"')),
    plan,
    'node.no-address',
    3,
    /n2/,
  ],
  ['a plan file that is not there', async () => {}, apply, 'plan.unreadable', 2, /plan\.json/],
  [
    'a plan file that is no JSON',
    () => writeFile(at('plan.json'), '{'),
    apply,
    'plan.unreadable',
    2,
    /plan\.json/,
  ],
  [
    'a plan file of another version',
    () => editedPlan(made => ({ ...made, apiVersion: 'dualstack/v9' })),
    apply,
    'plan.unreadable',
    2,
    /apiVersion/,
  ],
  [
    'a plan file with a field that nobody knows',
    () => editedPlan(made => ({ ...made, stepz: [] })),
    apply,
    'plan.unreadable',
    2,
    /stepz/,
  ],
  [
    'a plan file that leads out of a folder',
    () =>
      editedPlan(made => JSON.parse(JSON.stringify(made).replaceAll('/etc/sysctl.d/', '/etc/sysctl.d/../'))),
    apply,
    'plan.unreadable',
    2,
    /absolute path/,
  ],
  [
    'an option that nobody knows',
    async () => {},
    ['plan', '--from', 'b', '--podz', 'fd00::/56'],
    'usage',
    2,
    /--pods/,
  ],
  ['a command that nobody knows', async () => {}, ['statsu'], 'usage', 2, /status/],
  [
    'a choice that nobody knows',
    async () => {},
    ['plan', '--from', 'b', '--to', 'duel'],
    'usage',
    2,
    /dual, single/,
  ],
  [
    'a field of dualstack.yaml that nobody knows',
    () => writeFile(at('d.yaml'), 'apiVersion: dualstack/v1\npodz: fd00::/56\n'),
    [...plan, '--config', 'd.yaml'],
    'intent.file',
    2,
    /podz/,
  ],
  [
    'a key twice in dualstack.yaml',
    () => writeFile(at('d.yaml'), 'pods: fd00:1::/56\npods: fd00:2::/56\n'),
    [...plan, '--config', 'd.yaml'],
    'intent.file',
    2,
    /d\.yaml/,
  ],
  [
    'a tab in dualstack.yaml',
    () => writeFile(at('d.yaml'), 'nodes:\n\tinterface: eth0\n'),
    [...plan, '--config', 'd.yaml'],
    'intent.file',
    2,
    /d\.yaml/,
  ],
  [
    'a dualstack.yaml that is not there',
    async () => {},
    [...plan, '--config', 'gone.yaml'],
    'intent.file',
    2,
    /gone\.yaml/,
  ],
  [
    'a rule that nobody knows',
    async () => {},
    [...plan, '--ignore', 'ula/globel'],
    'usage',
    2,
    /ula\/globel/,
  ],
  [
    'a node that nobody knows',
    async () => {},
    [...plan, '--node-address', 'n22=fd00::1'],
    'node.unknown',
    2,
    /n22/,
  ],
  ['a kubeconfig that is not there', async () => {}, live, 'kubeconfig.', 2, /config/],
  [
    'a kubeconfig that is no YAML',
    () => writeFile(at('config'), ':\n\t- ['),
    live,
    'kubeconfig.',
    2,
    /config/,
  ],
  [
    'a kubeconfig whose token file is missing',
    () => kubeconfig({ tokenFile: 'gone-token' }),
    live,
    'kubeconfig.',
    2,
    /gone-token/,
  ],
  [
    'a kubeconfig whose certificate is missing',
    () => kubeconfig({ 'client-certificate': 'gone.crt', 'client-key': 'gone.key' }),
    live,
    'kubeconfig.',
    2,
    /gone\.(crt|key)/,
  ],
  [
    'a kubeconfig whose plugin is missing',
    () =>
      kubeconfig({
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'no-such-plugin',
          interactiveMode: 'Never',
        },
      }),
    live,
    'credentials',
    4,
    /no-such-plugin/,
  ],
]

describe('bad input', () => {
  test.each(cases)(
    '%s',
    async (_what, make, argv, code, exitCode, says) => {
      await make()
      const before = await everything()
      const ran = await run(argv, { cwd, env: { XDG_STATE_HOME: at('state'), HOME: cwd, PATH: '' } })
      const isJson = argv.includes('json')
      const failed: Failed = isJson
        ? (JSON.parse(ran.stdout) as Failed)
        : { code: 'usage', message: ran.stderr, hint: ran.stderr }
      expect(`${ran.exitCode} ${failed.code} ${failed.message} ${failed.hint ?? ''}`).toMatch(says)
      expect([ran.exitCode, failed.code.slice(0, code.length)]).toEqual([exitCode, code])
      expect(failed.hint ?? '').not.toBe('')
      expect(ran.stderr).not.toMatch(/\n\s+at /)
      expect(await everything()).toEqual(before)
    },
    60_000,
  )
})
