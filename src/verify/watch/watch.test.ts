import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../base/clock.ts'
import { UnreachableError } from '../../base/errors.ts'
import type { Event } from '../../model/event.ts'
import type { Answer, Ask } from '../../model/verification.ts'
import type { Lost } from '../../model/watch.ts'
import { shells } from '../../world/nodes/testing/node.ts'
import type { CommandResult } from '../../world/ports.ts'
import { heardOf } from '../client/script.ts'
import { judge } from '../client/wire.ts'
import { askOf } from '../testing/ask.ts'
import type { Client, Loss } from './client.ts'
import { localClient } from './local-client.ts'
import { loopScript } from './loop.ts'
import { podClient } from './pod-client.ts'
import { signsOf } from './signs.ts'
import { StepTimes } from './steps.ts'
import { pace, startWatch } from './watch.ts'

const ask = (id: string): Ask => askOf({ id })

/** Time that passes only while somebody sleeps. */
function fakeClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock {
  let now = start
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      await new Promise(resolve => setImmediate(resolve))
      if (signal?.aborted) throw signal.reason as Error
      now += ms
    },
  }
}

/** A netcat that answers as the far side would: by port. */
const netcat = `#!/bin/sh
for last; do :; done
case $last in
  8080) printf 'HTTP/1.1 200 OK\\r\\n\\r\\n10.1.2.3:4711' ;;
  8081) echo "nc: can't connect to remote host: Connection refused" >&2; exit 1 ;;
  8082) sleep 20 ;;
  8083) printf 'HTTP/1.1 503 Service Unavailable\\r\\n\\r\\n' ;;
  *) echo BusyBox ;;
esac
`

describe.each(shells)('a client in a pod, under $name', ({ argv, there }) => {
  let folder = ''
  let clients: Client[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watch-'))
    clients = []
    const program = async (name: string, text: string): Promise<void> => {
      await writeFile(join(folder, name), text)
      await chmod(join(folder, name), 0o755)
    }
    await program('nc', netcat)
    // `sh` is the shell that is tried, also where a script starts another one.
    const shell = argv.filter(word => word !== '-s')
    const [found = ''] = shell
    const path = execFileSync('sh', ['-c', `command -v ${found}`], { encoding: 'utf8' }).trim()
    await program(
      'sh',
      `#!${path} ${shell.slice(1).join(' ')}\nexec ${[path, ...shell.slice(1)].join(' ')} "$@"\n`,
    )
  })
  afterEach(async () => {
    await Promise.all(clients.map(client => client.stop()))
    await rm(folder, { recursive: true, force: true })
  })

  /** Milliseconds. */
  let slowest = 0
  const exec = (
    _pod: unknown,
    command: readonly string[],
    options?: { readonly input?: string },
  ): Promise<CommandResult> =>
    new Promise(resolve => {
      const begun = Date.now()
      const [, ...args] = command
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
      const child = execFile(join(folder, 'sh'), args, { env }, (error, stdout, stderr) => {
        slowest = Math.max(slowest, Date.now() - begun)
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
      })
      // Not each script reads what it is given.
      child.stdin?.on('error', () => {})
      child.stdin?.end(options?.input)
    })

  function client(ports: Readonly<Record<string, number>>): Client {
    const made = podClient({
      api: { exec },
      clock: systemClock,
      pod: { namespace: 'x', name: 'p', container: 'c' },
      place: { kind: 'pod', name: 'x/p' },
      asks: Object.entries(ports).map(([id, port]) => ({ ...ask(id), address: '127.0.0.1', port })),
      isAgnhost: false,
      id: folder.replaceAll('/', '-'),
    })
    clients.push(made)
    return made
  }

  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      await systemClock.sleep(30)
    }
  }

  test.skipIf(!there)(
    'goes on by itself; losses come with their moment, their ask and what was seen, each once',
    async () => {
      const watching = client({ good: 8080, refused: 8081, broken: 8083 })
      const before = Date.now()
      await watching.start(10)
      const seen: Loss[] = []
      let sent = 0
      let rounds = 0
      await until(async () => {
        const heard = await watching.collect()
        seen.push(...heard.losses)
        sent += heard.sent
        rounds += heard.losses.length > 0 ? 1 : 0
        return rounds >= 3 && seen.length >= 4 ? true : undefined
      })
      expect(seen.slice(0, 2).map(loss => [loss.ask.id, loss.seen])).toEqual([
        ['refused', 'connection refused'],
        ['broken', 'HTTP status 503'],
      ])
      expect(seen.some(loss => loss.ask.id === 'good')).toBe(false)
      expect(sent).toBeGreaterThanOrEqual((seen.length / 2) * 3 - 2)
      for (const { at } of seen) {
        // /proc/uptime counts hundredths, and was read at some moment of an exec: on a busy machine none is brisk.
        expect(at).toBeGreaterThan(before - slowest - 100)
        expect(at).toBeLessThan(Date.now() + slowest + 100)
      }
      expect(new Set(seen.map(({ at }) => at)).size).toBeGreaterThan(1)
    },
  )

  test.skipIf(!there)('what has no answer in time is lost', async () => {
    const watching = client({ slow: 8082 })
    await watching.start(10)
    const loss = await until(async () => (await watching.collect()).losses[0])
    expect(loss.seen).toBe('no answer in 2 s')
    expect(loss.milliseconds).toBeGreaterThanOrEqual(1900)
  })

  test.skipIf(!there)('stop leaves nothing behind, and a client that is gone says so', async () => {
    const watching = client({ good: 8080 })
    await watching.start(10)
    await watching.collect()
    await watching.stop()
    expect(existsSync(`/dev/shm/dualstack-watch-${folder.replaceAll('/', '-')}`)).toBe(false)
    await expect(watching.collect()).rejects.toMatchObject({ code: 'verify.client-gone' })
  })

  test.skipIf(!there)('whom nobody hears any more ends by itself', async () => {
    const home = join(folder, 'loop')
    const script = loopScript({ folder: home, every: 0.01, forsaken: 1, asks: [ask('a')], isAgnhost: false })
    const begin = 'mkdir "$0" && cd "$0" && : >lost && : >on && cut -d" " -f1 </proc/uptime >heard && sh -s'
    expect((await exec(undefined, ['sh', '-c', begin, home], { input: script })).code).toBe(0)
    expect(existsSync(home)).toBe(false)
  })
})

test('an image without what the loop needs is named with its pod', async () => {
  const lame = podClient({
    api: { exec: () => Promise.resolve({ code: 127, stdout: '', stderr: 'sh: cat: not found\n' }) },
    clock: systemClock,
    pod: { namespace: 'x', name: 'p', container: 'c' },
    place: { kind: 'pod', name: 'x/p' },
    asks: [ask('a')],
    isAgnhost: true,
    id: '1',
  })
  await expect(lame.start(10)).rejects.toThrow('the client in pod x/p does not work: sh: cat: not found')
})

test('a value from a cluster stays one word, and a netcat for UDP is not used where agnhost is', () => {
  const odd = { ...ask('a'), address: "$(touch /x)';" }
  const script = loopScript({ folder: '/f', every: 1, forsaken: 9, asks: [odd], isAgnhost: true })
  expect(script).toContain(String.raw`'TCP' '$(touch /x)'\'';'`)
  expect(script).toContain('\nhas_udp=\n')
})

describe('the signs by which a loop tells an answer', () => {
  const dns = (head: string): string => `=40:${Buffer.from(head, 'latin1').toString('hex')}00000000|`
  const told = (json: string): string =>
    `dial|=200:${Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${json}`, 'latin1').toString('hex')}|`
  const http = (status: number): string =>
    `=99:${Buffer.from(`HTTP/1.1 ${status} X\r\n\r\n`, 'latin1').toString('hex')}|`
  const replacement = String.raw`\ufffd\ufffd`
  test.each<[string, Partial<Ask>, boolean, string, boolean]>([
    ['HTTP 200', { protocol: 'HTTP' }, true, http(200), true],
    ['HTTP 302', { protocol: 'HTTP' }, true, http(302), true],
    ['HTTP 404', { protocol: 'HTTP' }, true, http(404), false],
    ['HTTP 503', { protocol: 'HTTP' }, true, http(503), false],
    ['no HTTP', { protocol: 'HTTP' }, true, '=4:4f4b|', false],
    ['nothing', { protocol: 'TCP' }, true, '=0:|nc: refused|', false],
    ['something', { protocol: 'TCP' }, true, '=8:48545450|', true],
    ['a datagram', { protocol: 'UDP' }, false, '=8:31302e31|', true],
    ['a datagram by agnhost', { protocol: 'UDP' }, true, told('{"responses":["10.1.1.1:4"]}'), true],
    ['no datagram by agnhost', { protocol: 'UDP' }, true, told('{"errors":["timeout"]}'), false],
    ['an empty one by agnhost', { protocol: 'UDP' }, true, told('{"responses":[""]}'), false],
    ['two records', { protocol: 'DNS' }, false, dns('ds\x85\0\0\x01\0\x02'), true],
    ['256 records', { protocol: 'DNS' }, false, dns('ds\x85\0\0\x01\x01\0'), true],
    ['no record', { protocol: 'DNS' }, false, dns('ds\x85\0\0\x01\0\0'), false],
    ['NXDOMAIN', { protocol: 'DNS' }, false, dns('ds\x85\x03\0\x01\0\x01'), false],
    ['another id', { protocol: 'DNS' }, false, dns('xx\x85\0\0\x01\0\x01'), false],
    [
      'two records by agnhost',
      { protocol: 'DNS' },
      true,
      told(`{"responses":["ds${replacement}${String.raw`\u0000\u0001\u0000\u0002`}xxxx"]}`),
      true,
    ],
    [
      'no record by agnhost',
      { protocol: 'DNS' },
      true,
      told(`{"responses":["ds${replacement}${String.raw`\u0000\u0001\u0000\u0000`}xxxx"]}`),
      false,
    ],
    ['no DNS by agnhost', { protocol: 'DNS' }, true, told('{"errors":["i/o timeout"]}'), false],
  ])('%s', (_, rest, isAgnhost, said, isGood) => {
    const one: Ask = { ...ask('a'), ...rest }
    const { good, bad } = signsOf(one, isAgnhost)
    const script = `case $1 in\n $bad) echo bad ;;\n $good) echo good ;;\n *) echo bad ;;\nesac`
    const env = { ...process.env, good, bad }
    for (const { argv, there } of shells) {
      if (!there) continue
      const shell = argv.filter(word => word !== '-s')
      const told = execFileSync(shell[0] ?? '', [...shell.slice(1), '-c', script, 'x', said], {
        env,
        encoding: 'utf8',
      })
      expect(told.trim()).toBe(isGood ? 'good' : 'bad')
    }
    // Never more lenient than the judge of every other answer.
    if (isGood) expect(judge({ ...one, record: 'A' }, heardOf(said, 0)).through).toBe(true)
  })
})

describe('from this machine', () => {
  test('asks take turns, one at a time, with the pause between them', async () => {
    const clock = fakeClock()
    const begun = clock.now()
    const turns: string[] = []
    let enough = () => {}
    const done = new Promise<void>(resolve => (enough = resolve))
    const client = localClient({
      clock,
      place: { kind: 'outside', name: 'this machine' },
      asks: [ask('a'), ask('b')],
      send: ({ id }) => {
        turns.push(`${id}@${clock.now() - begun}`)
        if (turns.length === 4) enough()
        const answer: Answer = { ask: ask(id), outcome: id === 'b' ? 'failed' : 'passed', seen: 'refused' }
        return id === 'a' && turns.length > 2
          ? Promise.reject(new Error('broken pipe'))
          : Promise.resolve(answer)
      },
    })
    await client.start(50)
    await done
    await client.stop()
    expect(turns.slice(0, 4)).toEqual(['a@0', 'b@50', 'a@100', 'b@150'])
    const { losses } = await client.collect()
    expect(losses.slice(0, 2).map(({ ask: { id }, at, seen }) => [id, at - begun, seen])).toEqual([
      ['b', 50, 'refused'],
      ['a', 100, 'broken pipe'],
    ])
  })
})

describe('a watch', () => {
  /** Says what is scripted, one entry a round; an error is thrown. */
  function scripted(rounds: readonly (readonly Loss[] | Error)[], name = 'x/p') {
    const calls: string[] = []
    let round = 0
    const client: Client = {
      place: { kind: 'pod', name },
      asks: [ask('a'), ask('b')],
      start: every => Promise.resolve(void calls.push(`start ${every}`)),
      collect: () => {
        const said = rounds[round++] ?? []
        return said instanceof Error ? Promise.reject(said) : Promise.resolve({ sent: 10, losses: said })
      },
      stop: () => Promise.resolve(void calls.push('stop')),
    }
    return { client, calls, rounds: () => round }
  }
  const loss = (id: string, at: number, milliseconds = 0): Loss => ({
    ask: ask(id),
    at,
    milliseconds,
    seen: 'refused',
  })
  async function reached(count: number, rounds: () => number): Promise<void> {
    while (rounds() < count) await new Promise(resolve => setImmediate(resolve))
  }

  test('all clients together keep to the rate, and each ask has its turn equally often', async () => {
    const one = scripted([])
    const two = scripted([])
    const watch = await startWatch({
      clock: fakeClock(),
      rate: 10,
      clients: [
        one.client,
        { ...two.client, asks: [ask('c'), ask('d'), ask('e'), ask('f'), ask('g'), ask('h')] },
      ],
    })
    await watch.stop()
    // 8 asks at 10 a second: each every 800 ms. Two in one client: every 400; six in the other: every 133.
    expect(one.calls).toEqual(['start 400', 'stop'])
    expect(two.calls[0]).toMatch(/^start 133\.3/)
  })

  test.each([0, -1, Number.NaN, Infinity])('a rate of %d is refused', rate => {
    expect(() => pace(rate, 1, 1)).toThrow('--rate')
  })

  test('each loss is said once with its moment and the steps then under way, also when it is heard of later', async () => {
    const clock = fakeClock()
    const at = clock.now()
    const said: Lost[] = []
    const away = new Error('api away')
    const { client, rounds } = scripted([[loss('a', at + 100)], away, away, [loss('b', at + 2500, 2000)]])
    const watch = await startWatch({
      clock,
      rate: 10,
      clients: [client],
      during: (from, to) => [`${from - at}-${to - at}`],
      onLost: one => void said.push(one),
    })
    await reached(4, rounds)
    const watched = await watch.stop()
    expect(said.map(one => [one.ask.id, one.at, one.during])).toEqual([
      ['a', '2026-01-01T00:00:00.100Z', ['100-100']],
      ['b', '2026-01-01T00:00:02.500Z', ['2500-4500']],
    ])
    expect(watched.lost).toEqual(said)
    expect(watched.unheard).toEqual([])
    expect(watched.more).toBe(0)
  })

  test('one that cannot be started: the others end again', async () => {
    const fine = scripted([])
    const lame = { ...scripted([]).client, start: () => Promise.reject(new Error('no right to exec')) }
    await expect(startWatch({ clock: fakeClock(), rate: 1, clients: [fine.client, lame] })).rejects.toThrow(
      'no right to exec',
    )
    expect(fine.calls).toEqual(['start 2000', 'stop'])
  })

  test('who is not heard in the end is named, and everybody is ended all the same', async () => {
    const dead = scripted(Array.from({ length: 99 }, () => new Error('no route')))
    const watch = await startWatch({ clock: fakeClock(), rate: 1, clients: [dead.client] })
    expect((await watch.stop()).unheard).toEqual([{ place: 'x/p', reason: 'no route' }])
    expect(dead.calls.at(-1)).toBe('stop')
  })

  test('one whose container was started anew begins anew, and it is said that something is missing', async () => {
    const gone = new UnreachableError('the client in pod x/p is gone', 'verify.client-gone')
    const { client, calls, rounds } = scripted([gone])
    const watch = await startWatch({ clock: fakeClock(), rate: 1, clients: [client] })
    await reached(2, rounds)
    const { unheard } = await watch.stop()
    expect(calls).toEqual(['start 1000', 'start 1000', 'stop'])
    expect(unheard[0]?.reason).toMatch(/^began anew at 2026-\S+: the client in pod x\/p is gone$/)
  })
})

describe('steps', () => {
  const event = (second: number, body: Record<string, unknown>): Event =>
    ({ run: 'r', at: new Date(second * 1000).toISOString(), ...body }) as Event

  test('a loss belongs to the steps that ran between its sending and its end; side by side there may be two', () => {
    const steps = new StepTimes()
    steps.on(event(10, { kind: 'intend', step: 'a' }))
    steps.on(event(15, { kind: 'intend', step: 'b' }))
    steps.on(event(20, { kind: 'settled', step: 'a' }))
    steps.on(event(30, { kind: 'stopped', step: 'b' }))
    expect(steps.during(9000, 9500)).toEqual([])
    expect(steps.during(9000, 11_000)).toEqual(['a'])
    expect(steps.during(16_000, 16_000)).toEqual(['a', 'b'])
    expect(steps.during(21_000, 22_000)).toEqual(['b'])
    expect(steps.during(31_000, 32_000)).toEqual([])
  })

  test('one that still runs has no end', () => {
    const steps = new StepTimes()
    steps.on(event(10, { kind: 'intend', step: 'a' }))
    expect(steps.during(99_000, 99_000)).toEqual(['a'])
  })
})
