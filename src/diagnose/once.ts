import type { Found } from './found.ts'

interface Same {
  readonly id: string
  /** What says the same less exactly. */
  readonly takes: readonly string[]
  /** Only where it is about no other objects. */
  readonly ofItsObjects?: true
}

/** One thing that several look at: what a rule judges, what a component says of it, what stands there. What takes from another comes first. */
const sames: readonly Same[] = [
  // The family is named, and whether there is a pool at all; the plugin’s words fit a pool that selects no node too.
  { id: 'state/no-pool-of-family', takes: ['calico-pool/missing'] },
  // Said in the log, said as an event, and seen in the flag and the object.
  { id: 'api-server/range-differs', takes: ['running-range/services', 'service-cidr/other-range'] },
  // It lacks the family since it has the other one only.
  {
    id: 'kube-proxy-config/cluster-cidr-other-family',
    takes: ['kube-proxy-config/cluster-cidr-lacks-family'],
  },
  { id: 'state/default-route-lost', takes: ['host-family/no-default-route'], ofItsObjects: true },
  {
    id: 'dns/service-before-servers',
    takes: ['state/service-without-endpoints', 'service-state/no-endpoints-of-family'],
    ofItsObjects: true,
  },
  {
    id: 'state/service-without-endpoints',
    takes: ['service-state/no-endpoints-of-family'],
    ofItsObjects: true,
  },
]

/** One thing is told once: by the cause that is most exact, with the lines of those that say the same. */
export function once(found: readonly Found[]): readonly Found[] {
  return sames.reduce(fold, found)
}

function fold(found: readonly Found[], { id, takes, ofItsObjects }: Same): readonly Found[] {
  const kept = found.find(({ failure }) => failure.id === id)
  if (kept === undefined) return found
  const own = new Set(kept.objects)
  const taken = found.filter(
    ({ failure, objects }) =>
      takes.includes(failure.id) &&
      (ofItsObjects !== true || (objects.length > 0 && objects.every(object => own.has(object)))),
  )
  if (taken.length === 0) return found
  const whole: Found = {
    ...kept,
    certainty: [kept, ...taken].some(({ certainty }) => certainty === 'sure') ? 'sure' : 'likely',
    lines: [kept, ...taken].flatMap(({ lines }) => lines),
    also: taken.flatMap(({ failure, also = [] }) => [failure.id, ...also]),
  }
  return found.flatMap(one => (one === kept ? [whole] : taken.includes(one) ? [] : [one]))
}
