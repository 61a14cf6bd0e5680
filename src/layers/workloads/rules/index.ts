import type { AnyRule } from '../../../model/rule.ts'
import { imageRules } from './images.ts'
import { podSecurityRules } from './pod-security.ts'
import { quotaRules } from './quota.ts'
import { rollOutRules } from './roll-out.ts'
import { roomRules } from './room.ts'
import { webhookRules } from './webhooks.ts'

/** What would keep pods from being made again. */
export const workloadRules: readonly AnyRule[] = [
  ...imageRules,
  ...webhookRules,
  ...quotaRules,
  ...podSecurityRules,
  ...rollOutRules,
  ...roomRules,
]
