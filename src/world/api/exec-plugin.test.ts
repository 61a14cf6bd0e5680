import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect } from './index.ts'
import { type FakeApi, startFakeApi, status } from './testing/fake-api.ts'

let folder: string
let fake: FakeApi
let accepted: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  accepted = 'token-1'
  await writeFile(join(folder, 'calls'), '')
  fake = await startFakeApi({
    admit: ({ headers }) =>
      headers.authorization === `Bearer ${accepted}`
        ? undefined
        : status(401, 'Unauthorized', 'Unauthorized'),
  })
})
afterEach(() => fake.close())

/** A plugin beside the kubeconfig: notes what it was told, and gives token-1, token-2, … */
async function kubeconfig(script: string, extra = ''): Promise<string> {
  await writeFile(join(folder, 'plugin'), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, 'plugin'), 0o755)
  const ca = Buffer.from(fake.ca).toString('base64')
  const path = join(folder, 'config')
  await writeFile(
    path,
    `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters:
- name: c
  cluster:
    server: ${fake.url}
    certificate-authority-data: ${ca}
    extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: a}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./plugin
      args: [login, --fast]
      env: [{name: CALLS, value: ${join(folder, 'calls')}}]
      interactiveMode: IfAvailable
      ${extra}
`,
  )
  return path
}

const credential = (status: string) =>
  `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":%s}' "${status}"`
const counted = `echo "$* $KUBERNETES_EXEC_INFO" >> "$CALLS"; n=$(wc -l < "$CALLS" | tr -d ' ')`
const tokens = `${counted}; ${credential('{\\"token\\":\\"token-$n\\"}')}`

const calls = async () =>
  (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter(line => line !== '')

test('the plugin is told what is wanted, asked once for many requests, and again after a 401', async () => {
  const api = await connect({ kubeconfig: await kubeconfig(tokens, 'provideClusterInfo: true') })
  await Promise.all([api.version(), api.version(), api.version()])
  const [call = '', ...more] = await calls()
  expect(more).toEqual([])
  expect(call).toMatch(/^login --fast /)
  expect(JSON.parse(call.slice('login --fast '.length))).toMatchObject({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: expect.any(Boolean), cluster: { server: fake.url, config: { audience: 'a' } } },
  })
  accepted = 'token-2'
  expect(await api.version()).toBe('v1.36.3')
  expect(await calls()).toHaveLength(2)
  accepted = 'never'
  await expect(api.version()).rejects.toMatchObject({ status: 401, exitCode: 4, code: 'api.unauthorized' })
  expect(await calls()).toHaveLength(3)
})

test('what has expired is asked for again', async () => {
  const until = '\\"expirationTimestamp\\":\\"2020-01-01T00:00:00Z\\"'
  const script = `${counted}; ${credential(`{\\"token\\":\\"token-1\\",${until}}`)}`
  const api = await connect({ kubeconfig: await kubeconfig(script) })
  await api.version()
  await api.version()
  expect(await calls()).toHaveLength(2)
})

test.each<[string, string, RegExp]>([
  [
    'fails',
    'echo "please log in" >&2; exit 3',
    /^the exec plugin of user "u" in .*config ended with 3: please log in$/,
  ],
  [
    'tells its token while it fails',
    'echo "Authorization: Bearer sekritsekritsekrit" >&2; exit 1',
    /ended with 1: Authorization: Bearer REDACTED$/,
  ],
  ['prints no JSON', 'echo sekrit', /did not print JSON$/],
  ['gives nothing', credential('{}'), /gave neither a token nor a certificate with its key$/],
  ['has another version', 'echo \'{"apiVersion":"x/v1"}\'', /answered with apiVersion "x\/v1", not/],
])('a plugin that %s is an error that shows no credential', async (_name, script, message) => {
  const api = await connect({ kubeconfig: await kubeconfig(script) })
  await expect(api.version()).rejects.toMatchObject({
    message: expect.stringMatching(message),
    code: 'credentials.plugin',
    exitCode: 4,
  })
  await expect(api.version()).rejects.not.toMatchObject({ message: expect.stringContaining('sekrit') })
})

test('a plugin that is not installed says how to install it', async () => {
  const path = await kubeconfig(tokens, 'installHint: get it from example.org')
  await rm(join(folder, 'plugin'))
  const api = await connect({ kubeconfig: path })
  await expect(api.version()).rejects.toMatchObject({ hint: 'get it from example.org' })
})
