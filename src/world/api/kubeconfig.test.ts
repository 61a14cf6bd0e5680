import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../base/errors.ts'
import { loadAccess } from './access.ts'
import { chooseContext } from './kubeconfig.ts'
import { selfSigned } from './testing/certificate.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
  return path
}

/** One cluster, user and context of the same name. */
const config = (name: string, server: string, user = 'token: t', current = name): string => `
apiVersion: v1
kind: Config
current-context: ${current}
clusters: [{name: ${name}, cluster: {server: "${server}"}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}}}]
users:
- name: ${name}
  user:
    ${user}
`

const nowhere = { HOME: '/nonexistent' }

async function refusal(
  promise: Promise<unknown>,
): Promise<{ message: string; code: string; hint: string | undefined }> {
  const error = await promise.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UsageError)
  const { message, code, hint } = error as UsageError
  return { message: message.replaceAll(folder, ''), code, hint: hint?.replaceAll(folder, '') }
}

describe('which file', () => {
  test('--kubeconfig is read and KUBECONFIG is not', async () => {
    const given = await file('given', config('given', 'https://a:6443'))
    const other = await file('other', config('other', 'https://b:6443'))
    const access = await loadAccess({ kubeconfig: given, env: { KUBECONFIG: other } })
    expect(access.server).toBe('https://a:6443')
  })

  test('~/.kube/config is read when KUBECONFIG is empty', async () => {
    await file('home/.kube/config', config('home', 'https://home:6443/'))
    const access = await loadAccess({ env: { HOME: join(folder, 'home'), KUBECONFIG: '' } })
    expect(access).toMatchObject({ server: 'https://home:6443', context: 'home' })
  })

  test('in a list of files the first that names something wins, as in kubectl', async () => {
    const first = await file('first', config('same', 'https://first:6443', 'token: t', 'second'))
    const second = await file('second', config('second', 'https://second:6443', 'token: t', 'same'))
    const third = await file('third', config('same', 'https://third:6443'))
    const env = { KUBECONFIG: [first, join(folder, 'missing'), second, third].join(delimiter) }
    expect(await loadAccess({ env })).toMatchObject({ context: 'second', server: 'https://second:6443' })
    expect(await loadAccess({ env, context: 'same' })).toMatchObject({ server: 'https://first:6443' })
  })

  test('within one file the last of two equal names wins, as in kubectl', async () => {
    const text = config('x', 'https://a:1').replace('}}]', '}}, {name: x, cluster: {server: "https://b:1"}}]')
    expect((await loadAccess({ kubeconfig: await file('twice', text) })).server).toBe('https://b:1')
  })

  test('JSON is YAML too', async () => {
    const text = JSON.stringify({
      'current-context': 'j',
      clusters: [{ name: 'j', cluster: { server: 'https://j' } }],
      contexts: [{ name: 'j', context: { cluster: 'j' } }],
    })
    expect((await loadAccess({ kubeconfig: await file('json', text) })).server).toBe('https://j')
  })

  test('a pod without a kubeconfig uses its service account', async () => {
    await file('account/token', 'secret-token\n')
    const env = { ...nowhere, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
    const access = await loadAccess({ env, serviceAccount: join(folder, 'account') })
    expect(access.server).toBe('https://[fd00::1]:443')
    expect(await access.credentials.current()).toMatchObject({
      headers: { Authorization: 'Bearer secret-token' },
    })
  })
})

describe('what is refused', () => {
  const cases: readonly [string, () => Promise<object>, string, string][] = [
    [
      'nothing at all',
      async () => ({ env: nowhere }),
      'kubeconfig.missing',
      'there is no kubeconfig: neither',
    ],
    [
      'a --kubeconfig that is not there',
      async () => ({ kubeconfig: join(folder, 'nope') }),
      'kubeconfig.missing',
      'there is no kubeconfig at /nope',
    ],
    [
      'a KUBECONFIG of which none is there',
      async () => ({ env: { KUBECONFIG: join(folder, 'nope') } }),
      'kubeconfig.missing',
      'there is no kubeconfig at /nope, which KUBECONFIG names',
    ],
    [
      'a folder',
      async () => ({ kubeconfig: folder }),
      'kubeconfig.unreadable',
      'kubeconfig  cannot be read: EISDIR',
    ],
    [
      'no current context',
      async () => ({ kubeconfig: await file('c1', config('a', 'https://a', 'token: t', '""')) }),
      'kubeconfig.no-context',
      'no current context in /c1',
    ],
    [
      'an unknown --context',
      async () => ({ kubeconfig: await file('c2', config('a', 'https://a')), context: 'b' }),
      'kubeconfig.unknown-context',
      'there is no context "b" in /c2',
    ],
    [
      'a context whose cluster is missing',
      async () => ({
        kubeconfig: await file(
          'c3',
          config('a', 'https://a').replace('[{name: a, cluster', '[{name: b, cluster'),
        ),
      }),
      'kubeconfig.unknown-cluster',
      'context "a" names cluster "a", which is not in /c3',
    ],
    [
      'a context whose user is missing',
      async () => ({
        kubeconfig: await file('c4', config('a', 'https://a').replace('- name: a', '- name: b')),
      }),
      'kubeconfig.unknown-user',
      'context "a" names user "a", which is not in /c4',
    ],
    [
      'a cluster without a server',
      async () => ({ kubeconfig: await file('c5', config('a', '')) }),
      'kubeconfig.no-server',
      'cluster "a" in /c5 has no server',
    ],
    [
      'a server that is no URL',
      async () => ({ kubeconfig: await file('c6', config('a', 'ftp://x')) }),
      'kubeconfig.bad-server',
      'cluster "a" in /c6 has server "ftp://x", which is no URL',
    ],
    [
      'a certificate that is not there',
      async () => ({
        kubeconfig: await file('c7', config('a', 'https://a', 'client-certificate: pki/a.crt')),
      }),
      'kubeconfig.unreadable',
      'client-certificate of user "a" in /c7 cannot be read: ENOENT /pki/a.crt',
    ],
    [
      'a certificate that is none',
      async () => ({
        kubeconfig: await file('c8', config('a', 'https://a', 'client-certificate-data: aGVsbG8=')),
      }),
      'kubeconfig.bad-certificate',
      'client-certificate of user "a" in /c8 is not a PEM certificate',
    ],
    [
      'an auth provider that is gone',
      async () => ({ kubeconfig: await file('c9', config('a', 'https://a', 'auth-provider: {name: gcp}')) }),
      'kubeconfig.auth-provider',
      'user "a" in /c9 wants the auth provider "gcp", which kubectl dropped in 1.26',
    ],
  ]
  test.each(cases)('%s', async (_name, options, code, message) => {
    const refused = await refusal(loadAccess(await options()))
    expect(refused.code).toBe(code)
    expect(refused.message).toContain(message)
    expect(refused.hint).not.toBe(undefined)
  })

  test('a file that we may not read', async context => {
    if (process.getuid?.() === 0) context.skip('root reads everything')
    const path = await file('mode', config('a', 'https://a'))
    await chmod(path, 0o000)
    expect((await refusal(loadAccess({ kubeconfig: path }))).message).toContain('EACCES')
  })

  test('broken YAML is named by place, and its text, which may be a key, is not shown', async () => {
    const path = await file('broken', 'users:\n- user:\n    token: sekrit-1\n   tokn: "sekrit-2\n')
    const refused = await refusal(loadAccess({ kubeconfig: path }))
    expect(refused.message).toMatch(
      /^kubeconfig \/broken is not valid YAML: [A-Z_]+ at line \d+, column \d+$/,
    )
    expect(JSON.stringify(refused)).not.toContain('sekrit')
  })
})

describe('what a user brings', () => {
  const headersOf = async (user: string) => {
    const access = await loadAccess({ kubeconfig: await file('user', config('a', 'https://a', user)) })
    return (await access.credentials.current()).headers
  }

  test.each<[string, Record<string, string | string[]>]>([
    ['token: abc', { Authorization: 'Bearer abc' }],
    ['username: anna\n    password: pw', { Authorization: 'Basic YW5uYTpwdw==' }],
    [
      'token: abc\n    as: eve\n    as-uid: "7"\n    as-groups: [x, y]\n    as-user-extra: {scope/a: [z]}',
      {
        Authorization: 'Bearer abc',
        'Impersonate-User': 'eve',
        'Impersonate-Uid': '7',
        'Impersonate-Group': ['x', 'y'],
        'Impersonate-Extra-scope%2Fa': ['z'],
      },
    ],
  ])('%s', async (user, headers) => {
    expect(await headersOf(user)).toEqual(headers)
  })

  test('a token file counts more than a token, lies beside the kubeconfig, and is read again after a 401', async () => {
    await file('token.txt', 'one\n')
    const path = await file(
      'with-token-file',
      config('a', 'https://a', 'tokenFile: token.txt\n    token: no'),
    )
    const { credentials } = await loadAccess({ kubeconfig: path })
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer one' })
    await file('token.txt', 'two\n')
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer one' })
    expect(credentials.renew()).toBe(true)
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer two' })
  })

  test('a client certificate comes with its key, from data or from files, and an ended one is told', async () => {
    const day = 86_400_000
    const old = selfSigned('anna', [], [new Date(Date.now() - 2 * day), new Date(Date.now() - day)])
    await file('old.crt', old.cert)
    const key = Buffer.from(old.key).toString('base64')
    const path = await file(
      'with-cert',
      config('a', 'https://a', `client-certificate: old.crt\n    client-key-data: ${key}`),
    )
    const { credentials } = await loadAccess({ kubeconfig: path })
    expect(await credentials.current()).toEqual({
      headers: {},
      cert: Buffer.from(old.cert),
      key: Buffer.from(old.key),
    })
    expect(credentials.complaint(Date.now())).toContain('kubeadm certs renew')
    expect(credentials.complaint(Date.now() - 1.5 * day)).toBe(undefined)
    const half = await file('half', config('a', 'https://a', 'client-certificate: old.crt'))
    expect((await refusal(loadAccess({ kubeconfig: half }))).message).toBe(
      'user "a" in /half has no client-key',
    )
  })

  test('tls-server-name and insecure-skip-tls-verify are kept', async () => {
    const text = config('a', 'https://a').replace(
      'server:',
      'tls-server-name: k, insecure-skip-tls-verify: true, server:',
    )
    const access = await loadAccess({ kubeconfig: await file('tls', text) })
    expect(access.tls).toEqual({ servername: 'k', rejectUnauthorized: false })
  })

  test('the namespace of the context is known', async () => {
    const text = config('a', 'https://a').replace('user: a}', 'user: a, namespace: n}')
    expect((await chooseContext({ kubeconfig: await file('ns', text) }))?.namespace).toBe('n')
  })
})
