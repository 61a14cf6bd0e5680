import type { Json } from '../../base/json.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { GateKind } from '../../model/layer.ts'
import type { Reading } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'

/** A gate whose arguments have a type of their own. The layer that makes the gate and the one that judges it are the same. */
export function gateKind<Args>(kind: {
  reads(args: Args, cluster: Cluster): readonly FreshRead[]
  judge(cluster: Cluster, args: Args): Reading
  readonly narrow?: (cluster: Cluster, args: Args) => Args
}): GateKind {
  const { narrow } = kind
  return {
    reads: (args: Json, cluster) => kind.reads(args as Args, cluster),
    judge: (cluster, args: Json) => kind.judge(cluster, args as Args),
    ...(narrow && { narrow: (cluster: Cluster, args: Json) => narrow(cluster, args as Args) as Json }),
  }
}

export const holds = (seen: string): Reading => ({ holds: true, seen })
export const waits = (seen: string): Reading => ({ holds: false, seen })
/** `why` says how to mend it: the run stops at once and shows it. */
export const hopeless = (seen: string, why: string): Reading => ({ holds: false, seen, hopeless: why })
