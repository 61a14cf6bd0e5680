import { UsageError } from '../../base/errors.ts'
import { liveOptions } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { flag, list, value } from '../options.ts'
import { verificationOptions, verificationReport } from '../verify-reporting.ts'
import { withWorld } from '../with-source.ts'

export const verify = defineCommand({
  name: 'verify',
  summary: 'Send real traffic over every path, in each family',
  description:
    'Starts small test pods in a namespace of its own, sends traffic from pods, from nodes and from this machine over every path that the cluster has, in each family, and says what came through, what did not and why, and what could not be asked. Takes everything away again. Ends with 7 when anything failed that did not fail in the baseline too, a family is missing, or a node could not be tried.',
  positionals: [
    { name: 'SUBJECT', summary: 'pod, service or ingress; all of them if left out', optional: true },
  ],
  options: {
    family: list('FAMILY', 'ask in this family only (IPv4, IPv6)', ['IPv4', 'IPv6']),
    only: list('SCENARIO', 'only these scenarios, by id'),
    skip: list('SCENARIO', 'not these scenarios'),
    rate: value('N', 'begin at most so many requests a second, all together (default: 100)'),
    image: value(
      'IMAGE',
      'image of the test pods: agnhost, or any with a shell and netcat; one that the nodes have is not pulled',
    ),
    outside: list(
      'ADDRESS:PORT',
      'a server outside that answers HTTP, which pods ask; may be repeated, for each family',
    ),
    sctp: flag('ask by SCTP too: kernel and CNI must know it'),
    hostPorts: flag('try a host port too: takes a namespace where Pod Security allows everything'),
    ...verificationOptions,
    ...liveOptions,
  },
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
      command: 'dualstack verify --outside 192.0.2.10:80',
      does: 'and with which address pods are seen out there',
    },
  ],
  whenInterrupted: 'Test pods are taken away. What a killed verification leaves, the next one takes away.',
  handler: async ({ options, args }, context) => {
    const { outsideOf, rateOf, topicOf, verify: run } = await import('../../app/verify.ts')
    const { only, skip, image, sctp, hostPorts } = options
    if (image === '') throw new UsageError('--image names no image')
    const wanted = {
      topic: topicOf(args[0]),
      only,
      skip,
      image,
      sctp,
      hostPorts,
      rate: rateOf(options.rate),
      outside: options.outside.map(outsideOf),
      ...(options.family.length === 0
        ? {}
        : { families: (['IPv4', 'IPv6'] as const).filter(one => options.family.includes(one)) }),
    }
    // A mistake in a file is told before the cluster is asked for anything.
    const report = await verificationReport(options, context)
    return withWorld(options, context, async world => {
      const result = await run(world, {
        ...wanted,
        signal: context.signal,
        tell: message => context.stderr.write(`${message}\n`),
        onCluster: uid => report.requireCluster(uid),
      })
      return report.show(result)
    })
  },
})
