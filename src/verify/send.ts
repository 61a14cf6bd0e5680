import { connect } from 'node:net'
import type { Ask, Place } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import { clientScript, readClient } from './client/script.ts'
import { type Heard, judge, patience, payloadOf, type Reply } from './client/wire.ts'
import type { Context } from './context.ts'
import { container } from './objects.ts'

/** Why one ask could not be sent at all: it is skipped, and neither passed nor failed. */
export interface Unasked {
  readonly unasked: string
}

/** Sends what one place asks, `step` asks begun in each second. Asks that no reply comes for count as not answered. */
export type Send = (
  asks: readonly Ask[],
  step: number,
  signal?: AbortSignal,
) => Promise<ReadonlyMap<string, Reply | Unasked>>

/** By the kind of place that asks. */
export type Senders = (from: Place) => Send

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

export function senders(world: World, context: Context): Senders {
  return from => {
    if (from.kind === 'pod') return inPod(world, context.namespace, from.name)
    return from.kind === 'node' ? onNode(world, context, from.name) : fromHere(world)
  }
}

/** One exec for all asks of a pod. */
function inPod({ api }: World, namespace: string, name: string): Send {
  return async (asks, step, signal) => {
    const held = Math.max(0, ...asks.map(({ hold = 0 }) => hold))
    const timeoutMs = (asks.length / step + held + 45) * 1000
    const { stdout, stderr } = await api.exec({ namespace, name, container }, ['sh', '-s'], {
      input: clientScript(asks, step),
      timeoutMs,
      signal,
    })
    const heard = readClient(name, stdout, stderr, asks.length)
    return new Map(asks.map((ask, index) => [ask.id, judge(ask, heard[index] ?? silent)]))
  }
}

const silent: Heard = { bytes: '', total: 0, said: '' }

/** A node opens connections and sends echoes by the agent's own means; what its routes are has been read already. */
function onNode({ nodes, clock }: World, context: Context, name: string): Send {
  return async (asks, step, signal) => {
    const replies = new Map<string, Reply | Unasked>()
    for (let at = 0; at < asks.length; at += step) {
      const part = asks.slice(at, at + step)
      const began = clock.now()
      const addressed = part.filter(({ address }) => address !== undefined)
      const echoes = addressed.filter(({ protocol }) => protocol === 'ICMP')
      const tried = addressed.filter(({ protocol }) => protocol !== 'ICMP')
      const place = ({ address = '', port = 0 }: Ask): string => `${bracketed(address)}:${port}`
      if (addressed.length > 0) {
        const facts = await nodes.facts(
          name,
          {
            reach: tried.map(place),
            ping: echoes.map(({ address = '', size = 56 }) => ({ address, bytes: size })),
          },
          signal,
        )
        for (const ask of tried) {
          const through = facts.reach?.[place(ask)] === true
          replies.set(ask.id, { through, seen: through ? 'connected' : `no connection in ${patience} s` })
        }
        for (const ask of echoes) replies.set(ask.id, echoed(ask, facts.ping?.[ask.address ?? '']))
      }
      for (const ask of part.filter(({ address }) => address === undefined)) {
        const node = context.nodes.find(one => one.name === name)
        const route = node?.defaultRoute?.[ask.family]
        const isThere = route !== undefined && !route.includes(' ! ')
        const seen = route ?? node?.noRoute?.[ask.family] ?? 'no default route'
        replies.set(ask.id, { through: isThere, seen })
      }
      if (at + step < asks.length) await clock.sleep(Math.max(0, 1000 - (clock.now() - began)), signal)
    }
    return replies
  }
}

/** What an echo gave; the reason where none could be sent: that nothing was tried is not that it works. */
function echoed({ size = 0, from }: Ask, answer: string | undefined): Reply | Unasked {
  if (answer === undefined)
    return { unasked: `node ${from.name}: no ping there that could send an echo of a chosen size` }
  if (answer === 'full') return { through: true, seen: `an echo of ${size} bytes came back whole` }
  return {
    through: false,
    seen: answer === 'small' ? `only small packets come back, ${size} bytes do not` : 'no echo came back',
  }
}

/** From the machine on which this runs. */
function fromHere({ clock }: World): Send {
  return async (asks, step, signal) => {
    const replies = new Map<string, Reply>()
    const pending: Promise<void>[] = []
    for (const [index, ask] of asks.entries()) {
      if (index > 0 && index % step === 0) await clock.sleep(1000, signal)
      pending.push(listen(ask).then(heard => void replies.set(ask.id, judge(ask, heard))))
    }
    await Promise.all(pending)
    return replies
  }
}

function listen(ask: Ask): Promise<Heard> {
  return new Promise(resolve => {
    const began = Date.now()
    const parts: Buffer[] = []
    let connected = false
    const socket = connect({ host: ask.address ?? '', port: ask.port ?? 0 })
    const end = (said: string): void => {
      socket.destroy()
      const bytes = Buffer.concat(parts).toString('latin1')
      resolve({ bytes, total: bytes.length, said, connected, milliseconds: Date.now() - began })
    }
    socket.setTimeout(patience * 1000, () => end('timeout'))
    socket.on('connect', () => {
      connected = true
      socket.write(payloadOf(ask)[0] ?? '', 'latin1')
    })
    socket.on('data', part => void parts.push(part))
    socket.on('end', () => end(''))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}
