import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { faultKinds } from '../src/app/rehearsal/faults.ts'
import { rehearse } from '../src/app/rehearse.ts'
import { sample } from './support/samples.ts'

/** Everything that can be made to go wrong on a practice cluster, and that the same command brings it to its end. */
const go = (...faults: readonly string[]) =>
  rehearse({ bundle: sample('calico-1cp-1w') ?? '', layers, intent: {}, faults })

describe.each(['there', 'back'])('on the way %s', way => {
  // On the way back nobody is asked to listen on a family that goes.
  const names = faultKinds.map(({ name }) => name).filter(name => way === 'there' || name !== 'deaf')
  test.each(names)('%s is recovered from', async name => {
    expect(await go(`${name}@${way}`)).toMatchObject({
      equal: true,
      faults: [{ fault: name, way: way === 'there' ? 'dual' : 'single' }],
    })
  })
})

test('several faults in one rehearsal, one after the other', async () => {
  const { faults, equal } = await go('kill@host/n1', 'disk-full@kubelet/n2', 'kill@back:services/single')
  expect(faults.map(({ fault, step }) => `${fault} ${step}`)).toEqual([
    'kill host/n1',
    'disk-full kubelet/n2',
    'kill services/single',
  ])
  expect(equal).toBe(true)
})

test.each([
  ['disk-ful', 'Did you mean disk-full?'],
  ['kill@kubelet/n9', 'Did you mean kubelet/n1?'],
  ['api-server-stays-down@kubelet/n1', 'It fits kube-apiserver/n1.'],
])('%s is refused, and says what there is', async (fault, hint) => {
  await expect(go(fault)).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining(hint) })
})
