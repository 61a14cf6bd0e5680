import type { Command } from './command.ts'
import { apply } from './commands/apply.ts'
import { complete } from './commands/complete.ts'
import { plan } from './commands/plan.ts'
import { rollback } from './commands/rollback.ts'
import { snapshot } from './commands/snapshot.ts'
import { status } from './commands/status.ts'

/** Every command, in the order in which help shows them. A new one is a file and a line here. */
export const commands: readonly Command[] = [status, plan, apply, rollback, snapshot, complete]
