import { type ExitCode, exitCodes, UsageError } from '../../base/errors.ts'
import { liveOptions } from '../cluster-options.ts'
import { defineCommand, type Input } from '../command.ts'
import type { Context } from '../context.ts'
import { flag, list, maybeValue, value } from '../options.ts'
import { verificationOptions, verificationReport } from '../verify-reporting.ts'
import { withWorld } from '../with-source.ts'

const options = {
  family: list('FAMILY', 'ask in this family only (IPv4, IPv6)', ['IPv4', 'IPv6']),
  only: list('SCENARIO', 'only these scenarios, by id'),
  skip: list('SCENARIO', 'not these scenarios'),
  watch: maybeValue(
    'DURATION',
    'ask what works again and again, for so long (90s, 5m, 1h30m) or until Ctrl-C, a day at most, and tell each loss',
  ),
  rate: value('N', 'begin at most so many requests a second, all together (default: 100; with --watch 20)'),
  image: value(
    'IMAGE',
    'image of the test pods: agnhost, or any with a shell and netcat; one that the nodes have is not pulled',
  ),
  outside: list(
    'ADDRESS:PORT',
    'a server outside that answers HTTP, which pods ask; may be repeated, for each family',
  ),
  ingress: list(
    'ADDRESS:PORT',
    'where the Ingress controller is reached, instead of where Ingresses say; may be repeated, for each family',
  ),
  sctp: flag('ask by SCTP too: kernel and CNI must know it'),
  hostPorts: flag('try a host port too: takes a namespace where Pod Security allows everything'),
  ...verificationOptions,
  ...liveOptions,
}

/** Seconds for which a request is repeated while the API server is away: less than a run has, since nothing was begun that must be ended. */
const patience = 20

export const verify = defineCommand({
  name: 'verify',
  summary: 'Send real traffic over every path, in each family',
  description:
    'Starts small test pods in a namespace of its own, sends traffic from pods, from nodes and from this machine over every path that the cluster has, in each family, and says what came through, what did not and why, and what could not be asked. Takes everything away again. Ends with 7 when anything failed that did not fail in the baseline too, a family is missing, or a node could not be tried; with --watch when anything was lost, or not everything was heard.',
  positionals: [
    { name: 'SUBJECT', summary: 'pod, service or ingress; all of them if left out', optional: true },
  ],
  options,
  examples: [
    { command: 'kubectl dualstack verify', does: 'every path of the cluster of your kubeconfig' },
    {
      command: 'dualstack verify service --node-access pod',
      does: 'Services only; nodes are asked through pods',
    },
    {
      command: 'dualstack verify --family IPv4 --save before.json',
      does: 'before a conversion: what works in the family that is there',
    },
    {
      command: 'dualstack verify --baseline before.json --document result.html',
      does: 'after it: both families, what worked before must still work; a page to hand on',
    },
    {
      command: 'dualstack verify --watch 5m',
      does: 'while you change something by hand: what is lost, and when',
    },
    {
      command: 'dualstack verify ingress --ingress 192.0.2.10:80 --ingress [2001:db8::10]:80',
      does: 'Ingresses, each with its Host, at a controller that writes no address into their status',
    },
    {
      command: 'dualstack verify --outside 192.0.2.10:80',
      does: 'and with which address pods are seen out there',
    },
  ],
  whenInterrupted: 'Test pods are taken away. What a killed verification leaves, the next one takes away.',
  handler: async (input, context) =>
    input.options.watch === undefined ? once(input, context) : watch(input, context, input.options.watch),
})

type Given = Input<typeof options>

/** What both ways of asking take. */
async function wantedOf({ options: given, args }: Given) {
  const { addressOf, topicOf } = await import('../../app/verify.ts')
  const { only, skip, image, sctp, hostPorts } = given
  if (image === '') throw new UsageError('--image names no image')
  const controllers = given.ingress.map(text => addressOf('--ingress', text))
  if (new Set(controllers.map(({ family }) => family)).size < controllers.length)
    throw new UsageError('--ingress names two addresses of one family', 'Name one for each family.')
  return {
    topic: topicOf(args[0]),
    only,
    skip,
    image,
    sctp,
    hostPorts,
    outside: given.outside.map(text => ({ ...addressOf('--outside', text), path: '/' })),
    ingress: controllers,
    ...(given.family.length === 0
      ? {}
      : { families: (['IPv4', 'IPv6'] as const).filter(one => given.family.includes(one)) }),
  }
}

async function once(input: Given, context: Context): Promise<ExitCode> {
  const { rateOf, verify: run } = await import('../../app/verify.ts')
  const wanted = { ...(await wantedOf(input)), rate: rateOf(input.options.rate, 100) }
  // A mistake in a file is told before the cluster is asked for anything.
  const report = await verificationReport(input.options, context, wanted.topic)
  return withWorld(
    input.options,
    context,
    async world => {
      const result = await run(world, {
        ...wanted,
        signal: context.signal,
        tell: message => context.stderr.write(`${message}\n`),
        onCluster: uid => report.requireCluster(uid),
      })
      return report.show(result)
    },
    patience,
  )
}

async function watch(input: Given, context: Context, duration: string): Promise<ExitCode> {
  const { options: given } = input
  const { output } = given
  if (output !== 'text' && output !== 'json')
    throw new UsageError(`-o ${output} is for a single verification`, 'With --watch there are text and json.')
  if (given.save !== undefined || given.baseline !== undefined)
    throw new UsageError(
      '--watch compares with nothing, and makes no baseline',
      'Leave --save and --baseline to a verification before and after it.',
    )
  const [{ durationOf, watchingAlways }, { isUnbroken, longestWatch, openClients, watchFor }] =
    await Promise.all([import('../watching.ts'), import('../../app/watch-for.ts')])
  const seconds = duration === '' ? undefined : durationOf('--watch', duration)
  if (seconds !== undefined && seconds > longestWatch)
    throw new UsageError(`--watch ${duration}: a day is the longest`, 'Watch again afterwards.')
  const tell = (message: string): void => context.stderr.write(`${message}\n`)
  const { rate, reporter } = await watchingAlways({ ...given, output }, context, context.stderr.write)
  const wanted = await wantedOf(input)
  return withWorld(given, context, async world => {
    const { clock } = world
    const watched = await watchFor({
      open: () => openClients(world, { ...wanted, rate, tell, signal: context.signal }),
      clock,
      rate,
      ...(seconds === undefined ? {} : { seconds }),
      onStart: paths =>
        tell(
          `watching ${paths} paths ${seconds === undefined ? '(Ctrl-C ends it)' : `for ${seconds} s`}, at most ${rate} requests a second`,
        ),
      onLost: lost => reporter.onLost(lost),
      signal: context.signal,
    })
    await reporter.onEnd(watched)
    return isUnbroken(watched) ? exitCodes.ok : exitCodes.notDual
  })
}
