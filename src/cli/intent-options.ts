import { choice, flag, list, value, yesNo } from './options.ts'

const group = 'Goal:'

/** What a person may decide about a conversion; shared by the commands that plan. */
export const intentOptions = {
  config: value('FILE', 'what is wanted, from a dualstack.yaml; the options here win over it', { group }),
  pods: value('CIDR', 'pod range of the new family', { group }),
  services: value('CIDR', 'Service range of the new family', { group }),
  nodeMask: value('N', "prefix length of a node's pod block in the new family", { group }),
  encapsulation: choice(
    ['none', 'vxlan', 'vxlan-cross-subnet'],
    'how Calico carries the new family between nodes',
    { group },
  ),
  nat: yesNo('translate what leaves the pod range of the new family', { group }),
  include: list(
    'WHAT',
    'also change what is left alone otherwise',
    ['bare-pods', 'jobs', 'on-delete', 'headless', 'load-balancers'],
    { group },
  ),
  nodeAddress: list('NODE=IP', 'address of a node in the new family; may be repeated', undefined, { group }),
}

/** What a person takes upon himself. */
export const ignoreOptions = {
  ignore: list('ID', 'a rule whose findings stand in nobody’s way; may be repeated', undefined, {
    group: 'Rules:',
  }),
  iKnow: flag('besides --ignore, where the rule is an error', { group: 'Rules:' }),
}
