import { afterEach, describe, expect, test } from 'vitest'
import type { ExecAnswer, ExecCall } from './testing/exec-server.ts'
import { type FakeApi, startFakeApi, status } from './testing/fake-api.ts'

let fake: FakeApi
afterEach(() => fake.close())

const pod = { namespace: 'n', name: 'p', container: 'c' }
const calls: ExecCall[] = []
async function start(answer: ExecAnswer = { code: 0, stdout: '', stderr: '' }) {
  calls.length = 0
  fake = await startFakeApi({
    exec: call => {
      calls.push(call)
      return answer
    },
  })
  return fake.api()
}

test('brings stdout, stderr and the exit code; the command goes word by word', async () => {
  const api = await start({ code: 7, stdout: 'größe\n', stderr: 'oh\n' })
  const result = await api.exec(pod, ['sh', '-c', 'a "b" & c'])
  expect(result).toEqual({ code: 7, stdout: 'größe\n', stderr: 'oh\n' })
  expect(calls).toEqual([{ ...pod, command: ['sh', '-c', 'a "b" & c'], input: undefined }])
})

describe.each(['v5.channel.k8s.io', 'v4.channel.k8s.io'])('a server that speaks %s', protocol => {
  test.each([0, 5, 200_000])('gives the command %i bytes of input, and then their end', async length => {
    const api = await start()
    fake.exec.protocols = [protocol]
    const input = 'ü'.repeat(length)
    await api.exec(pod, ['sh', '-s'], { input })
    expect(calls.map(call => call.input)).toEqual([input])
    expect(calls[0]?.command.slice(-2)).toEqual(['sh', '-s'])
  })

  test('runs a command without input', async () => {
    const api = await start({ code: 0, stdout: 'x', stderr: '' })
    fake.exec.protocols = [protocol]
    expect(await api.exec(pod, ['true'])).toMatchObject({ stdout: 'x' })
    expect(calls).toHaveLength(1)
  })
})

test('a server that speaks neither is told as that', async () => {
  const api = await start()
  fake.exec.protocols = []
  await expect(api.exec(pod, ['true'])).rejects.toMatchObject({ code: 'exec.protocol' })
})

test('a connection that ends before the command is not a result', async () => {
  const api = await start('cut')
  await expect(api.exec(pod, ['true'])).rejects.toMatchObject({ code: 'exec.lost', exitCode: 4 })
})

test('a command that cannot be started is not an exit code', async () => {
  const api = await start('not-started')
  await expect(api.exec(pod, ['nope'])).rejects.toMatchObject({
    code: 'exec.failed',
    message: expect.stringContaining('executable file not found'),
  })
})

test('it ends after its time, and when aborted', async () => {
  const api = await start('never')
  await expect(api.exec(pod, ['sleep', '9'], { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'exec.timeout',
  })
  const reason = new Error('enough')
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 50)
  await expect(api.exec(pod, ['sleep', '9'], { signal: controller.signal })).rejects.toBe(reason)
  await expect(api.exec(pod, ['true'], { signal: controller.signal })).rejects.toBe(reason)
})

test('a refusal names the right that is missing', async () => {
  fake = await startFakeApi({ admit: () => status(403, 'Forbidden', 'pods "p" is forbidden') })
  await expect(fake.api().exec(pod, ['true'], { input: '' })).rejects.toMatchObject({
    status: 403,
    exitCode: 4,
    hint: 'It needs the right to create v1/pods/exec: kubectl auth can-i create pods/exec -n n',
  })
})

test('a server that is away is waited for, and then told as that', async () => {
  await start({ code: 0, stdout: 'x', stderr: '' })
  await fake.stop()
  const waiting = fake.api({ patience: 20 }).exec(pod, ['true'])
  await expect(fake.api({ patience: 0.2 }).exec(pod, ['true'])).rejects.toMatchObject({
    code: 'api.unreachable',
    exitCode: 4,
    message: expect.stringContaining('ECONNREFUSED'),
  })
  await fake.start()
  expect(await waiting).toMatchObject({ stdout: 'x' })
  expect(calls).toHaveLength(1)
})
