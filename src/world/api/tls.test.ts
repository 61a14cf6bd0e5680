import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { connect } from './index.ts'
import { type FakeApi, selfSigned, startFakeApi } from './testing/fake-api.ts'

let fake: FakeApi
afterEach(() => fake.close())

const base64 = (text: string) => Buffer.from(text).toString('base64')

async function version(cluster: string, user = '{}') {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'))
  try {
    const kubeconfig = join(folder, 'config')
    await writeFile(
      kubeconfig,
      `{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
        clusters: [{name: c, cluster: {${cluster}}}], users: [{name: u, user: ${user}}]}`,
    )
    return await (await connect({ kubeconfig, patience: 0.2, env: {} })).version()
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a client certificate shows who we are', async () => {
  const anna = selfSigned('anna')
  fake = await startFakeApi({ clientCa: anna.cert, names: ['kubernetes'] })
  const cluster = `server: "${fake.url}", certificate-authority-data: ${base64(fake.ca)}`
  await version(
    cluster,
    `{client-certificate-data: ${base64(anna.cert)}, client-key-data: ${base64(anna.key)}}`,
  )
  expect(fake.requests[0]?.client).toBe('anna')
  await version(`${cluster}, tls-server-name: kubernetes`)
  await expect(version(`${cluster}, tls-server-name: other`)).rejects.toMatchObject({
    code: 'api.tls',
    hint: expect.stringContaining('tls-server-name'),
  })
})

test('an unknown CA is refused at once, unless one asks for it', async () => {
  fake = await startFakeApi()
  const other = base64(selfSigned('other').cert)
  await expect(version(`server: "${fake.url}", certificate-authority-data: ${other}`)).rejects.toMatchObject({
    code: 'api.tls',
    exitCode: 4,
  })
  expect(fake.requests).toEqual([])
  expect(await version(`server: "${fake.url}", insecure-skip-tls-verify: true`)).toBe('v1.36.3')
})
