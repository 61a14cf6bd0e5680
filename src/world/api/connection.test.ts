import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { Connection } from './connection.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const type = 'application/x-preferred'
/** In more than one chunk, so that it lies in a buffer that is used again. */
const filled = (byte: number): Buffer => Buffer.alloc(600_000, byte)

async function connect(answer: (path: string, response: ServerResponse) => void): Promise<Connection> {
  const made = createServer((request, response) => {
    response.setHeader('Content-Type', type)
    answer(request.url ?? '', response)
  })
  server = made
  await new Promise<void>(resolve => made.listen(0, '127.0.0.1', resolve))
  return new Connection({
    server: `http://127.0.0.1:${(made.address() as AddressInfo).port}`,
    context: 'test',
    tls: {},
    proxy: undefined,
    compress: true,
    credentials: {
      user: 'test',
      current: async () => ({ headers: {} }),
      renew: () => false,
      complaint: () => undefined,
    },
  })
}

test('a body that was handed out stays as it is, though its connection breaks off afterwards and others come', async () => {
  let late: ServerResponse | undefined
  const connection = await connect((path, response) => {
    const body = filled(Number(path.slice(1)))
    if (path !== '/2') return void response.end(body)
    // What is behind the end of a gzip body is no part of it: it is whole, and its answer is not.
    late = response.setHeader('Content-Encoding', 'gzip')
    response.write(Buffer.concat([gzipSync(body), Buffer.alloc(64)]))
  })
  const get = async (path: string) => {
    const { bytes } = await connection.request({ method: 'GET', path, prefer: type })
    if (bytes === undefined) throw new Error('not of the preferred type')
    return bytes
  }
  const first = await get('/1')
  const second = await get('/2')
  late?.destroy()
  await vi.waitFor(() => expect(late?.closed).toBe(true))
  const others = [await get('/3'), await get('/4')]
  for (const [index, body] of [first, second, ...others].entries())
    expect(body.bytes.equals(filled(index + 1)), `body ${index + 1}`).toBe(true)
  for (const body of [first, second, ...others]) body.drop()
})
