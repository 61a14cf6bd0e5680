import type { KubeObject } from '../../../model/cluster.ts'
import { contractCase } from '../case.ts'
import { editService, hasStack, invalid, ports, selector, stackOf } from '../services.ts'
import { type Trial } from '../trial.ts'

const services = 'v1/services'
const labelled = (trial: Trial, service: KubeObject) =>
  trial.edit(services, trial.namespace, service.metadata.name, found => ({
    ...found,
    metadata: { ...found.metadata, labels: { touched: 'yes' } },
  }))
const read = (trial: Trial, { metadata }: KubeObject) => trial.read(services, trial.namespace, metadata.name)

/** Services that meet an API server of other ranges than the one that made them. */
export const servicesCarried = [
  contractCase(
    'services-carried/stay',
    'Services made before stay as they were, also PreferDualStack, also when touched',
    {},
    async trial => {
      const made = [
        await trial.service({ selector, ports }),
        await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports }),
        await trial.service({ clusterIP: 'None', selector, ports }),
      ]
      await trial.reach('dual')
      for (const service of made) {
        trial.same(stackOf(await read(trial, service)), stackOf(service), 'as read')
        trial.same(stackOf(await labelled(trial, service)), stackOf(service), 'after a label')
      }
    },
  ),
  contractCase(
    'services-carried/flip',
    'a waiting PreferDualStack Service becomes dual by an update that leaves its families out',
    {},
    async trial => {
      const { primary, secondary } = trial.place
      const made = await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports })
      const held = await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports })
      await editService(trial, held, { ipFamilyPolicy: 'SingleStack' })
      await trial.reach('dual')
      hasStack(trial, await editService(trial, made, { ipFamilies: undefined }), 'PreferDualStack', [
        primary,
        secondary,
      ])
      hasStack(trial, await editService(trial, held, { ipFamilies: undefined }), 'SingleStack', [primary])
    },
  ),
  contractCase(
    'services-carried/prefer-both',
    'a waiting PreferDualStack Service becomes dual by naming both families',
    {},
    async trial => {
      const { primary, secondary } = trial.place
      const made = await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports })
      await trial.reach('dual')
      const after = await editService(trial, made, { ipFamilies: [primary, secondary] })
      hasStack(trial, after, 'PreferDualStack', [primary, secondary])
    },
  ),
  contractCase(
    'services-carried/require-stuck',
    'a RequireDualStack Service refuses every update on a server that is single-stack again',
    { phase: 'dual' },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
      await trial.reach('returned')
      trial.same(stackOf(await read(trial, made)), stackOf(made), 'as read')
      await invalid(trial, labelled(trial, made), '*this cluster is not configured for dual-stack services*')
      const [first] = stackOf(made).clusterIPs ?? []
      const after = await editService(trial, made, { ipFamilyPolicy: 'SingleStack' })
      trial.same(
        stackOf(after),
        { policy: 'SingleStack', families: [trial.place.primary], clusterIPs: [first] },
        'taken back',
      )
    },
  ),
  contractCase(
    'services-carried/prefer-passes',
    'a PreferDualStack Service of two families may be touched on a server that is single-stack again',
    { phase: 'dual' },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports })
      await trial.reach('returned')
      trial.same(stackOf(await labelled(trial, made)), stackOf(made), 'after a label')
      const after = await editService(trial, made, { ipFamilyPolicy: 'SingleStack' })
      trial.same(stackOf(after).families, [trial.place.primary], 'taken back')
    },
  ),
  contractCase(
    'services-carried/single-again',
    'a server that is single-stack again refuses what it refused before',
    { phase: 'returned' },
    async trial => {
      const { primary, secondary } = trial.place
      hasStack(trial, await trial.service({ selector, ports }), 'SingleStack', [primary])
      hasStack(
        trial,
        await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports }),
        'PreferDualStack',
        [primary],
      )
      await invalid(
        trial,
        trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports }),
        '*this cluster is not configured for dual-stack services',
      )
      await invalid(
        trial,
        trial.service({ ipFamilies: [secondary], selector, ports }),
        'spec.ipFamilies[0]: Invalid value: *: not configured on this cluster',
      )
    },
  ),
]
