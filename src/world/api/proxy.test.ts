import { createServer } from 'node:http'
import { type AddressInfo, connect as dial } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Caller } from './caller.ts'
import { Connection } from './connection.ts'
import { proxyFromEnvironment } from './proxy.ts'
import { RestApi } from './rest.ts'
import { startFakeApi } from './testing/fake-api.ts'

const proxy = 'http://proxy:3128'

test.each<[string, NodeJS.ProcessEnv, string | undefined]>([
  ['https://10.0.0.1:6443', {}, undefined],
  ['https://10.0.0.1:6443', { HTTPS_PROXY: proxy }, proxy],
  ['https://10.0.0.1:6443', { https_proxy: 'proxy:3128' }, proxy],
  ['http://10.0.0.1:8080', { HTTPS_PROXY: proxy }, undefined],
  ['https://10.0.0.1:6443', { HTTPS_PROXY: proxy, NO_PROXY: '*' }, undefined],
  ['https://10.0.0.1:6443', { HTTPS_PROXY: proxy, NO_PROXY: 'x.org, 10.0.0.0/8' }, undefined],
  ['https://10.0.0.1:6443', { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.1:6443' }, undefined],
  ['https://11.0.0.1:6443', { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/8,nonsense/7' }, proxy],
  ['https://[fd00::1]:6443', { HTTPS_PROXY: proxy, no_proxy: 'fd00::/8' }, undefined],
  ['https://[fd00::1]:6443', { HTTPS_PROXY: proxy, no_proxy: 'fe00::/8' }, proxy],
  ['https://api.example.org', { HTTPS_PROXY: proxy, NO_PROXY: 'example.org' }, undefined],
  ['https://api.example.org', { HTTPS_PROXY: proxy, NO_PROXY: '.example.org' }, undefined],
  ['https://example.org', { HTTPS_PROXY: proxy, NO_PROXY: '.example.org' }, proxy],
  ['https://anexample.org', { HTTPS_PROXY: proxy, NO_PROXY: 'example.org' }, proxy],
  ['https://127.0.0.1:6443', { HTTPS_PROXY: proxy }, undefined],
  ['https://localhost:6443', { HTTPS_PROXY: proxy }, undefined],
])('%s with %j goes through %s', (server, env, expected) => {
  expect(proxyFromEnvironment(server, env)).toBe(expected)
})

test('requests and exec go through a CONNECT proxy, with TLS to the API server inside', async () => {
  const fake = await startFakeApi({ exec: () => ({ code: 0, stdout: 'out', stderr: '' }) })
  const tunnels: string[] = []
  const server = createServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const upstream = dial(Number(new URL(fake.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const credentials = {
    user: 'u',
    current: async () => ({ headers: {} }),
    renew: () => false,
    complaint: () => undefined,
  }
  const connection = new Connection({
    server: fake.url,
    context: 'c',
    tls: { ca: fake.ca },
    credentials,
    proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    compress: false,
  })
  const api = new RestApi(connection, new Caller(connection, { clock: systemClock, patience: 0 }))
  expect(await api.version()).toBe('v1.36.3')
  expect(await api.exec({ namespace: 'n', name: 'p', container: 'c' }, ['true'])).toMatchObject({
    stdout: 'out',
  })
  expect(tunnels).toEqual([new URL(fake.url).host, new URL(fake.url).host])
  await fake.close()
  server.closeAllConnections()
  server.close()
})
