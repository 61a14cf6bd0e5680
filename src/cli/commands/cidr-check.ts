import { exitCodes } from '../../base/errors.ts'
import { output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { flag, list, value } from '../options.ts'
import { clusterOf, maybeClusterOptions } from '../with-cluster.ts'

const group = 'Values, under the names that the components give them:'

export const cidrCheck = defineCommand({
  name: 'cidr check',
  summary: 'Judge ranges and masks by every rule, for each version of Kubernetes',
  description:
    'Says what API server, controller manager, kubeadm, kube-proxy and Calico would say to these values, in which versions, and what would go wrong without a word. A text that is malformed is a finding like any other. With a cluster, also against what it runs and the networks it has. Ends with 8 when there is an error.',
  options: {
    serviceClusterIpRange: value('CIDRS', 'of the API server: one range, or a pair with a comma', { group }),
    controllerManagerServiceClusterIpRange: value(
      'CIDRS',
      "--service-cluster-ip-range of the controller manager (default: the API server's)",
      { group },
    ),
    clusterCidr: value('CIDRS', 'of the controller manager: pod range, or a pair', { group }),
    kubeProxyClusterCidr: value('CIDRS', "clusterCIDR of kube-proxy (default: the controller manager's)", {
      group,
    }),
    nodeCidrMaskSize: value('N', 'of a single-stack controller manager', { group }),
    nodeCidrMaskSizeIpv4: value('N', 'of the controller manager', { group }),
    nodeCidrMaskSizeIpv6: value('N', 'of the controller manager', { group }),
    blockSize: list('N', 'of Calico: 26, 122', undefined, { group }),
    advertiseAddress: value('IP', 'of the API server', { group }),
    nodeIp: list('[NODE=]IP', 'of the kubelets; may be repeated', undefined, { group }),
    network: list('CIDR', 'network that is there already; may be repeated', undefined, { group }),
    nodes: value('N', 'how many nodes there are', { group }),
    pods: value('N', 'how many pods', { group }),
    services: value('N', 'how many Services', { group }),
    kubernetes: list(
      'VERSION',
      "versions to judge by: 1.36, 1.30-1.34 (default: the cluster's; without one all that are known)",
    ),
    all: flag('list also the rules that were kept, and those that could not be judged'),
    output,
    ...maybeClusterOptions,
  },
  examples: [
    {
      command:
        'dualstack cidr check --service-cluster-ip-range 10.96.0.0/12,fd10:96::/112 --cluster-cidr 10.244.0.0/16,fd10:244::/56',
      does: 'in every version',
    },
    {
      command: 'dualstack cidr check --cluster-cidr fd10:244::/94 --node-cidr-mask-size-ipv6 108',
      does: 'pod range and node mask',
    },
    {
      command: 'kubectl dualstack cidr check --live --service-cluster-ip-range 10.96.0.0/12,fd10:96::/112',
      does: 'against the cluster of your kubeconfig',
    },
  ],
  whenInterrupted: 'Nothing was changed: cidr only calculates.',
  handler: async ({ options }, context) => {
    const cluster = await clusterOf(options, context)
    const [{ checkRanges }, { checkText }, { toJson }] = await Promise.all([
      import('../../app/cidr-check.ts'),
      import('../../report/cidr-check.ts'),
      import('../../report/json.ts'),
    ])
    const report = checkRanges(options, cluster)
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(
      options.output === 'json' ? toJson(report) : checkText(report, { colours, all: options.all }),
    )
    return report.verdict === 'broken' ? exitCodes.notReady : exitCodes.ok
  },
})
