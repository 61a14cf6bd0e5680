import { UsageError } from '../base/errors.ts'
import { choiceOr, list, type Values, value } from './options.ts'

const group = 'Cluster:'

/** How a live cluster is reached; the words of kubectl where kubectl has words. */
export const liveOptions = {
  kubeconfig: value('FILE', 'kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)', { group }),
  context: value('NAME', 'context of the kubeconfig', { group }),
  nodeAccess: choiceOr(
    ['ssh', 'pod', 'local'],
    'ssh',
    'how the nodes are reached: ssh; a privileged pod on each; or this machine is the only node',
    { group },
  ),
  sshConfig: value('FILE', 'ssh configuration file (default: yours)', { group }),
  sshUser: value('USER', 'user on the nodes; root, or one who may sudo without a password', { group }),
  sshIdentity: value('FILE', 'private key for ssh', { group }),
  sshDestination: value(
    'TEMPLATE',
    "whom ssh is told to reach, from {address} and {name} (default: '{address}')",
    { group },
  ),
}

/** For commands that plan or change: of dead nodes, only workers are left as they are without being named. */
export const leaveOptions = {
  withoutNode: list(
    'NAME',
    'leave this control plane as it is: it is dead, and will be finished when it is back; may be repeated',
    undefined,
    { group },
  ),
}

export const output = choiceOr(['text', 'json'], 'text', 'what is printed', { short: 'o' })

/** A live cluster, or a bundle. */
export const clusterOptions = {
  from: value('DIR', 'read a bundle that `dualstack snapshot` wrote, not a live cluster', { group }),
  ...liveOptions,
}

/** The options that say how to reach a live cluster make no sense with a bundle: somebody expects the other one. */
export function checkSource(options: Values<typeof clusterOptions>): void {
  if (options.from === undefined) return
  const live = (
    ['kubeconfig', 'context', 'sshConfig', 'sshUser', 'sshIdentity', 'sshDestination'] as const
  ).find(key => options[key] !== undefined)
  if (live)
    throw new UsageError(
      `--from reads a bundle, and does not go together with options for a live cluster`,
      'Leave --from out, or the others.',
    )
}
