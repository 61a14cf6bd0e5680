import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../base/clock.ts'
import { UnreachableError } from '../../base/errors.ts'
import type { Event } from '../../model/event.ts'
import type { Answer, Ask } from '../../model/verification.ts'
import type { Lost } from '../../model/watch.ts'
import type { CommandResult } from '../../world/ports.ts'
import type { Client, Loss } from './client.ts'
import { localClient } from './local-client.ts'
import { loopScript } from './loop.ts'
import { podClient } from './pod-client.ts'
import { StepTimes } from './steps.ts'
import { pace, startWatch } from './watch.ts'

const ask = (id: string): Ask => ({
  id,
  scenario: 'pod-to-pod',
  family: 'IPv4',
  protocol: 'TCP',
  from: { kind: 'pod', name: 'a' },
  to: { kind: 'pod', name: 'b' },
  expect: 'answers',
})

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

describe('a client in a pod, with the shell of this machine', () => {
  let folder = ''
  let clients: Client[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watch-'))
    clients = []
  })
  afterEach(async () => {
    await Promise.all(clients.map(client => client.stop()))
    await rm(folder, { recursive: true, force: true })
  })

  const exec = (
    _pod: unknown,
    command: readonly string[],
    options?: { readonly input?: string },
  ): Promise<CommandResult> =>
    new Promise(resolve => {
      const [program = '', ...args] = command
      const child = execFile(program, args, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      )
      child.stdin?.end(options?.input ?? '')
    })

  function client(commands: Readonly<Record<string, readonly string[]>>): Client {
    const made = podClient({
      api: { exec },
      clock: systemClock,
      pod: { namespace: 'x', name: 'p', container: 'c' },
      place: { kind: 'pod', name: 'x/p' },
      asks: Object.keys(commands).map(ask),
      command: ({ id }) => commands[id] ?? [],
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

  test('goes on by itself; losses come with their moment, their ask and the program`s own words, each once', async () => {
    const watching = client({
      good: ['true'],
      bad: ['sh', '-c', `printf 'connection\nrefused "it'"'"'s" %s' \\$x; exit 7`],
    })
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
      return rounds >= 3 ? true : undefined
    })
    expect(seen.every(loss => loss.ask.id === 'bad')).toBe(true)
    expect(seen[0]?.seen).toBe(`connection refused "it's" $x`)
    expect(sent).toBeGreaterThanOrEqual(seen.length * 2 - 1)
    for (const { at } of seen) {
      // /proc/uptime counts hundredths; the rest is how long the collecting takes on a busy machine.
      expect(at).toBeGreaterThan(before - 1500)
      expect(at).toBeLessThan(Date.now() + 1500)
    }
    expect(new Set(seen.map(({ at }) => at)).size).toBeGreaterThan(1)
  })

  test('what takes too long is lost after two seconds', async () => {
    const watching = client({ slow: ['sleep', '9'] })
    await watching.start(10)
    const loss = await until(async () => (await watching.collect()).losses[0])
    expect(loss.seen).toBe('no answer in 2 s')
    expect(loss.milliseconds).toBeGreaterThanOrEqual(1900)
  })

  test('stop leaves nothing behind, and a client that is gone says so', async () => {
    const watching = client({ good: ['true'] })
    await watching.start(10)
    await watching.collect()
    await watching.stop()
    expect(existsSync(`/dev/shm/dualstack-watch-${folder.replaceAll('/', '-')}`)).toBe(false)
    await expect(watching.collect()).rejects.toMatchObject({ code: 'verify.client-gone' })
  })

  test('whom nobody hears any more ends by itself', async () => {
    const home = join(folder, 'loop')
    const script = loopScript({ folder: home, every: 0.01, limit: 2, patience: 1, commands: [['true']] })
    const start = await exec(
      undefined,
      [
        'sh',
        '-c',
        'mkdir "$0" && cd "$0" && : >lost && : >on && cut -d" " -f1 </proc/uptime >heard && sh -s',
        home,
      ],
      { input: script },
    )
    expect(start.code).toBe(0)
    expect(existsSync(home)).toBe(false)
  })

  test('an image without what the loop needs is named with its pod', async () => {
    const lame = podClient({
      api: { exec: () => Promise.resolve({ code: 127, stdout: '', stderr: 'sh: cat: not found\n' }) },
      clock: systemClock,
      pod: { namespace: 'x', name: 'p', container: 'c' },
      place: { kind: 'pod', name: 'x/p' },
      asks: [ask('a')],
      command: () => ['true'],
      id: '1',
    })
    await expect(lame.start(10)).rejects.toThrow('the client in pod x/p does not work: sh: cat: not found')
  })

  test('a value from a cluster stays one word', async () => {
    const script = loopScript({
      folder,
      every: 1,
      limit: 2,
      patience: 9,
      commands: [['ask', `$(touch ${folder}/x)';`]],
    })
    expect(script).toContain(String.raw`one 0 'ask' '$(touch ${folder}/x)'\'';'`)
    await expect(readFile(join(folder, 'x'))).rejects.toThrow()
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
