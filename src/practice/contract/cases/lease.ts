import { contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'

const leases = 'coordination.k8s.io/v1/leases'
const lease = (name: string, spec: object) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name },
  spec,
})
const held = { holderIdentity: 'one', leaseDurationSeconds: 60, renewTime: '2026-01-01T00:00:00.000000Z' }
const make = (trial: Trial) => trial.create(leases, lease('lock', held))

/** What the lock of a run rests on. */
export const leaseCases = [
  contractCase('lease/fields', 'a Lease keeps what its holder wrote, to the microsecond', {}, async trial => {
    trial.same((await make(trial))['spec'], held, 'spec')
  }),
  contractCase('lease/race', 'of two who take over from the same version one gets it', {}, async trial => {
    const before = await make(trial)
    const take = (holderIdentity: string) =>
      trial.api.replace(leases, { ...before, spec: { ...held, holderIdentity } })
    const outcomes = await Promise.allSettled([take('two'), take('three')])
    trial.same(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'who got it')
    const now = field<string>(await trial.read(leases, trial.namespace, 'lock'), 'spec', 'holderIdentity')
    trial.holds(now === 'two' || now === 'three', `the holder is ${now}`)
  }),
  contractCase('lease/create-race', 'of two who create it one gets it', {}, async trial => {
    const outcomes = await Promise.allSettled([make(trial), make(trial)])
    trial.same(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'who got it')
  }),
  contractCase('lease/duration', 'a duration of 0 is refused', {}, async trial => {
    await trial.refused(
      trial.create(leases, lease('bad', { ...held, leaseDurationSeconds: 0 })),
      422,
      'Invalid',
      'Lease.coordination.k8s.io "bad" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    )
  }),
]
