import type { Command, CommandGroup } from './command.ts'
import { apply } from './commands/apply.ts'
import { cidrCheck } from './commands/cidr-check.ts'
import { cidrShow } from './commands/cidr-show.ts'
import { cidrSplit } from './commands/cidr-split.ts'
import { cidrSuggest } from './commands/cidr-suggest.ts'
import { complete } from './commands/complete.ts'
import { diagnose } from './commands/diagnose.ts'
import { explain } from './commands/explain.ts'
import { plan } from './commands/plan.ts'
import { preflight } from './commands/preflight.ts'
import { rehearse } from './commands/rehearse.ts'
import { rollback } from './commands/rollback.ts'
import { snapshot } from './commands/snapshot.ts'
import { status } from './commands/status.ts'
import { verify } from './commands/verify.ts'

/** Every command, in the order in which help shows them. A new one is a file and a line here. */
export const commands: readonly Command[] = [
  status,
  preflight,
  plan,
  apply,
  rollback,
  verify,
  diagnose,
  snapshot,
  rehearse,
  explain,
  cidrShow,
  cidrSplit,
  cidrSuggest,
  cidrCheck,
  complete,
]

/** Words that stand before the names of several commands. */
export const groups: readonly CommandGroup[] = [
  {
    name: 'cidr',
    summary: 'Calculate with ranges, by the rules of Kubernetes and the CNI',
    description:
      'A calculator for ranges of both families that knows what Kubernetes and Calico take, in each version. Needs no cluster, changes nothing.',
  },
]
