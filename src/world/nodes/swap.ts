import { isIP } from 'node:net'
import { ConflictError, RefusedError, StoppedError } from '../../base/errors.ts'
import { hashText } from '../../text/edits.ts'
import { redactText } from '../../text/redact.ts'
import type { StaticPodSwap, SwapOutcome } from '../ports.ts'
import { type Agent, call, isAway, patienceMs } from './agent.ts'
import { absolute } from './facts.ts'
import { first } from './frame.ts'
import { folderName, shortId } from './names.ts'
import { oneALine, toBase64 } from './quote.ts'
import { program } from './script.ts'
import { describeSwap, type Room } from './swap-texts.ts'

/** The swap runs on the node, in a unit of its own; from here it is prepared, and watched. */
export async function swapStaticPod(
  agent: Agent,
  room: Room | undefined,
  node: string,
  swap: StaticPodSwap,
  signal?: AbortSignal,
): Promise<SwapOutcome> {
  const { before, text } = swap
  if (before === null || text === null) {
    throw new RefusedError(
      `${swap.path}: a static pod can be swapped for another only`,
      'nodes.swap',
      'Write or remove the file instead.',
    )
  }
  const after = hashText(text)
  const port = swap.server.port
  const records = await call(
    agent,
    node,
    ['process', 'swap-look'],
    { FILE: absolute(swap.path), PORT: port },
    { patienceMs, signal },
  )
  const [hash] = first(records, 'hash') ?? []
  const running = first(records, 'running')?.[0]
  if (running !== undefined) {
    throw new RefusedError(
      `node ${node}: ${running} is under way`,
      'nodes.busy',
      'Wait until it has ended: the same command does, when it is run again.',
    )
  }
  if (hash === after) return { kind: 'already' }
  const old = first(records, 'text')?.[0]
  if (hash !== before || old === undefined) {
    throw new ConflictError(
      `node ${node}: ${swap.path} is not what it was when the plan was made`,
      'nodes.conflict',
      'It was left as it is. Look at it, then make a new plan.',
    )
  }
  const [standInPort, proofPort] = first(records, 'ports') ?? []
  if (standInPort === undefined || proofPort === undefined) {
    throw new RefusedError(`node ${node}: no free port above ${port}`, 'nodes.no-port')
  }

  // Unique for each swap: static pods of one name follow each other, and the next would wait for the last one's end.
  const id = shortId(swap.run, node, swap.path, String(agent.clock.now()))
  const texts = await describeSwap({
    id,
    node,
    old,
    text,
    standInPort: Number(standInPort),
    proofPort: Number(proofPort),
    room,
  })
  const run = folderName(swap.run)
  const isIPv6 = isIP(swap.server.address) === 6
  const values = { RUN: run, ID: id, FILE: swap.path, BEFORE: before }
  const agentProgram = program(
    ['files', 'api', 'process', 'unit', 'swap-proof', 'swap-redirect', 'swap-agent'],
    {
      ...values,
      FRAME: '',
      AFTER: after,
      HOW: swap.how,
      PORT: port,
      ADDRESS: swap.server.address,
      TABLE: isIPv6 ? 'ip6' : 'ip',
      FAMILY: isIPv6 ? 'IPv6' : 'IPv4',
      SERVICE: swap.service.address,
      SERVICE_PORT: swap.service.port,
      STANDIN_PORT: standInPort,
      STANDIN_FILE: `${swap.path.replace(/[^/]*$/, '')}${texts.standInName}.yaml`,
      STANDIN_HASH: hashText(texts.standIn),
      PROOF_PORT: proofPort,
      NAMESPACE: texts.namespace,
      POD: `${texts.name}-${node}`,
      STANDIN_POD: `${texts.standInName}-${node}`,
      WITHIN: Math.ceil(swap.within),
    },
    agent.place,
  )
  await call(
    agent,
    node,
    ['files', 'unit', 'swap-start'],
    {
      ...values,
      NEW: toBase64(text),
      STANDIN: toBase64(texts.standIn),
      NEW_ARGS: oneALine(texts.newArguments ?? []),
      OLD_ARGS: oneALine(texts.oldArguments ?? []),
      PROOF_ARGS: oneALine(texts.proofArguments),
      AGENT: toBase64(agentProgram),
    },
    { patienceMs, signal },
  )
  return watch(agent, node, run, id, swap, signal)
}

/** Seconds beside the new instance's own: proof 40, stand-in 120, the old process 45, published 60, old back 300, and the way between. */
const besides = 800

async function watch(
  agent: Agent,
  node: string,
  run: string,
  id: string,
  swap: StaticPodSwap,
  signal?: AbortSignal,
): Promise<SwapOutcome> {
  const until = agent.clock.now() + (swap.within + besides) * 1000
  let seen = 0
  for (;;) {
    try {
      const options = { timeoutMs: 10_000, signal }
      const records = await call(agent, node, ['swap-watch'], { RUN: run, ID: id, SEEN: seen }, options)
      const progress = (first(records, 'progress')?.[0] ?? '').split('\n').filter(line => line !== '')
      seen += progress.length
      for (const line of progress) swap.onProgress?.(line)
      const result = first(records, 'result')?.[0]
      if (result !== undefined) return outcomeOf(node, swap.path, result)
      const [state] = first(records, 'done') ?? []
      if (state === 'lost' || state === 'unknown')
        throw stuck(node, swap.path, 'its unit is gone and left no result')
    } catch (error) {
      // The API server that carries an exec is being swapped, or ssh hiccups: the unit on the node goes on.
      if (!isAway(error)) throw error
      agent.logger.debug(`node ${node}: ${error.message}; the swap goes on there`)
    }
    if (agent.clock.now() > until) throw stuck(node, swap.path, 'it has not ended in time')
    await agent.clock.sleep(500, signal)
  }
}

/** Kind, stage, and what was said, one a line (agent/swap-agent.sh, `result`). */
function outcomeOf(node: string, path: string, result: string): SwapOutcome {
  const [kind = '', stage = '', ...rest] = result.split('\n')
  const says = redactText(rest.join('\n').trim())
  if (kind === 'swapped') return { kind }
  if (kind === 'undone' && (stage === 'proof' || stage === 'stand-in' || stage === 'swap'))
    return { kind, stage, says }
  if (kind === 'conflict')
    throw new ConflictError(
      `node ${node}: ${says}`,
      'nodes.conflict',
      'All is as it was. Look at the file, then make a new plan.',
    )
  throw stuck(node, path, says)
}

const stuck = (node: string, path: string, says: string): StoppedError =>
  new StoppedError(
    `node ${node}: the swap of ${path} did not end well: ${says}`,
    'nodes.swap-stuck',
    'On the node: journalctl -u "dualstack-swap-*", and /var/lib/dualstack/<run>/swap/. Running the same command again takes it up.',
  )

/** Longer than a swap can take, see `besides`. */
const settleWithin = 1200_000

/** Waits until nothing of ours is under way on the node: swaps end or undo themselves; switches that nobody confirmed are fired. */
export async function settle(agent: Agent, node: string): Promise<void> {
  const until = agent.clock.now() + settleWithin
  for (let start = true; ; start = false) {
    const records = await call(agent, node, ['settle'], { START: start ? 1 : '' }, { patienceMs })
    const units = records.filter(([kind]) => kind === 'unit').map(([, ...values]) => values.map(String))
    if (units.length === 0) return
    const [name = '', state, says = ''] = units.find(([, state]) => state === 'stuck') ?? []
    if (state === 'stuck') throw stuck(node, name, redactText(says))
    if (agent.clock.now() > until) throw stuck(node, String(units[0]?.[0]), 'it has not ended in time')
    await agent.clock.sleep(500)
  }
}
