import { exitCodes } from '../../base/errors.ts'
import { output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { choice, value } from '../options.ts'
import { clusterOf, maybeClusterOptions } from '../with-cluster.ts'

export const cidrSuggest = defineCommand({
  name: 'cidr suggest',
  summary: 'Choose pod range, node mask, service range and Calico block that fit',
  description:
    'Chooses ranges of one family: unique local ones (fd and 40 random bits, RFC 4193), or inside a prefix of yours. With --seed or a cluster the same answer each time: those that `plan` would choose. Room is made for four times the nodes that there are. With a cluster they are apart from everything that is in use there.',
  options: {
    family: choice(['IPv4', 'IPv6'], 'of which family (default: the one that the cluster lacks; IPv6)'),
    inside: value('CIDR', 'take them from this prefix, for instance one that your provider routes to you'),
    seed: value('TEXT', 'make the unique local prefix from this text, not at random'),
    nodes: value('N', 'how many nodes there will be'),
    pods: value('N', 'how many pods'),
    services: value('N', 'how many Services'),
    kubernetes: value('VERSION', 'version that the rules are asked for, without a cluster'),
    output,
    ...maybeClusterOptions,
  },
  examples: [
    { command: 'dualstack cidr suggest', does: 'unique local ranges, new ones each time' },
    { command: 'dualstack cidr suggest --nodes 500 --seed prod-1', does: 'the same ones each time' },
    { command: 'dualstack cidr suggest --inside 2001:db8:1200::/56', does: 'from your own prefix' },
    { command: 'kubectl dualstack cidr suggest --live', does: 'for the cluster of your kubeconfig' },
  ],
  whenInterrupted: 'Nothing was changed: cidr only calculates.',
  handler: async ({ options }, context) => {
    const cluster = await clusterOf(options, context)
    const [{ suggestRanges }, { suggestText }, { toJson }] = await Promise.all([
      import('../../app/cidr-suggest.ts'),
      import('../../report/cidr-suggest.ts'),
      import('../../report/json.ts'),
    ])
    const report = suggestRanges(options, cluster)
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(options.output === 'json' ? toJson(report) : suggestText(report, colours))
    return exitCodes.ok
  },
})
