import type { Family } from '../address/family.ts'
import type { External } from './context.ts'
import type { Topic } from './scenario.ts'

export interface VerifyOptions {
  /** Of the scenarios of one subject only. */
  readonly topic?: Topic
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly families?: readonly Family[]
  /** Asks begun in a second, from all places together. */
  readonly rate: number
  /** Of the test pods; the field's own where it is left out. */
  readonly image?: string
  /** Asked by pods. */
  readonly outside?: readonly External[]
  /** Where the Ingress controller is reached, instead of where Ingresses say. */
  readonly ingress?: readonly External[]
  readonly sctp?: boolean
  readonly hostPorts?: boolean
  /** At most so many nodes get test pods; all, where it is left out. */
  readonly mostNodes?: number
  /** Services of the tests have this family alone, whatever happens to the API servers meanwhile, and nothing is asked in the other. */
  readonly onlyFamily?: Family
  /** Seconds after which test pods end by themselves, whatever became of this process. */
  readonly lifetime?: number
  readonly signal?: AbortSignal
  readonly tell?: (message: string) => void
  /** Hears the cluster's UID before anything is made in it; what it throws ends the verification. */
  readonly onCluster?: (uid: string) => void
}
