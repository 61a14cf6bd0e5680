import { contractCase } from '../case.ts'
import { editService, hasStack, invalid, ports, selector, stackOf, withSpec } from '../services.ts'
import { field, type Trial } from '../trial.ts'

const services = 'v1/services'
const phase = 'dual'
const pair = ({ place }: Trial) => [place.primary, place.secondary] as const
const reversed = ({ place }: Trial) => [place.secondary, place.primary] as const

/** What an API server with both ranges makes of Services. */
export const servicesDual = [
  contractCase(
    'services-dual/defaults',
    'a Service without families is still SingleStack of the primary family',
    { phase },
    async trial => {
      hasStack(trial, await trial.service({ selector, ports }), 'SingleStack', [trial.place.primary])
    },
  ),
  contractCase(
    'services-dual/policies',
    'PreferDualStack and RequireDualStack get both families, the primary first',
    { phase },
    async trial => {
      for (const ipFamilyPolicy of ['PreferDualStack', 'RequireDualStack'])
        hasStack(trial, await trial.service({ ipFamilyPolicy, selector, ports }), ipFamilyPolicy, pair(trial))
    },
  ),
  contractCase(
    'services-dual/second-alone',
    'a Service may have the second family alone',
    { phase },
    async trial => {
      const { secondary } = trial.place
      hasStack(trial, await trial.service({ ipFamilies: [secondary], selector, ports }), 'SingleStack', [
        secondary,
      ])
    },
  ),
  contractCase(
    'services-dual/order',
    'the order of families is the one asked for',
    { phase },
    async trial => {
      const made = await trial.service({
        ipFamilies: reversed(trial),
        ipFamilyPolicy: 'PreferDualStack',
        selector,
        ports,
      })
      hasStack(trial, made, 'PreferDualStack', reversed(trial))
    },
  ),
  contractCase(
    'services-dual/headless',
    'headless follows the policy, without addresses',
    { phase },
    async trial => {
      const none = { clusterIP: 'None', ports }
      const stack = { families: pair(trial), clusterIPs: ['None'] }
      trial.same(
        stackOf(await trial.service({ ...none, selector, ipFamilyPolicy: 'PreferDualStack' })),
        { ...stack, policy: 'PreferDualStack' },
        'PreferDualStack',
      )
      trial.same(
        stackOf(await trial.service(none)),
        { ...stack, policy: 'RequireDualStack' },
        'without a selector',
      )
    },
  ),
  contractCase(
    'services-dual/upgrade',
    'a change of the policy alone adds the second family, and the first address stays',
    { phase },
    async trial => {
      for (const ipFamilyPolicy of ['PreferDualStack', 'RequireDualStack']) {
        const made = await trial.service({ selector, ports })
        const after = await editService(trial, made, { ipFamilyPolicy })
        hasStack(trial, after, ipFamilyPolicy, pair(trial))
        trial.same(field(after, 'spec', 'clusterIP'), field(made, 'spec', 'clusterIP'), 'clusterIP')
      }
    },
  ),
  contractCase(
    'services-dual/headless-upgrade',
    'a headless Service gets both families by its policy',
    { phase },
    async trial => {
      const made = await trial.service({ clusterIP: 'None', selector, ports })
      const after = await editService(trial, made, { ipFamilyPolicy: 'PreferDualStack' })
      trial.same(
        stackOf(after),
        { policy: 'PreferDualStack', families: pair(trial), clusterIPs: ['None'] },
        'families',
      )
      const back = await editService(trial, made, { ipFamilyPolicy: 'SingleStack' })
      trial.same(stackOf(back), stackOf(made), 'back')
    },
  ),
  contractCase(
    'services-dual/downgrade',
    'SingleStack alone releases the second address, which is free then',
    { phase },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
      const [first = '', second = ''] = stackOf(made).clusterIPs ?? []
      const after = await editService(trial, made, { ipFamilyPolicy: 'SingleStack' })
      trial.same(
        stackOf(after),
        { policy: 'SingleStack', families: [trial.place.primary], clusterIPs: [first] },
        'after',
      )
      const next = await trial.service({ clusterIP: second, selector, ports })
      trial.same(stackOf(next).clusterIPs, [second], 'clusterIPs of who takes it')
    },
  ),
  contractCase(
    'services-dual/kept',
    'an update that leaves address and families out keeps both',
    { phase },
    async trial => {
      for (const ipFamilyPolicy of ['PreferDualStack', 'RequireDualStack']) {
        const made = await trial.service({ ipFamilyPolicy, selector, ports })
        for (const gone of [
          { ipFamilies: undefined },
          { clusterIP: undefined, clusterIPs: undefined, ipFamilies: undefined },
          { clusterIP: undefined, clusterIPs: undefined, ipFamilies: undefined, ipFamilyPolicy: undefined },
        ])
          trial.same(stackOf(await editService(trial, made, gone)), stackOf(made), Object.keys(gone).join())
      }
    },
  ),
  contractCase(
    'services-dual/chosen-addresses',
    'both addresses may be chosen, and taken ones are refused',
    { phase },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
      const { clusterIPs = [] } = stackOf(made)
      const again = () =>
        trial.service({
          clusterIP: clusterIPs[0],
          clusterIPs,
          ipFamilyPolicy: 'RequireDualStack',
          selector,
          ports,
        })
      await invalid(
        trial,
        again(),
        'spec.clusterIPs: Invalid value: *: failed to allocate IP *: provided IP is already allocated',
      )
      await trial.api.delete(services, trial.namespace, made.metadata.name)
      trial.same(stackOf(await again()).clusterIPs, clusterIPs, 'clusterIPs')
    },
  ),
  contractCase(
    'services-dual/keep-both',
    'the second family does not go without SingleStack',
    { phase },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
      const [first] = stackOf(made).clusterIPs ?? []
      const one = { clusterIP: first, clusterIPs: [first], ipFamilies: [trial.place.primary] }
      await invalid(
        trial,
        trial.api.replace(services, withSpec(made, one)),
        '*spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary*',
      )
    },
  ),
  contractCase('services-dual/fixed-order', 'the order of families never changes', { phase }, async trial => {
    const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
    const clusterIPs = (stackOf(made).clusterIPs ?? []).toReversed()
    await invalid(
      trial,
      trial.api.replace(
        services,
        withSpec(made, { ipFamilies: reversed(trial), clusterIP: clusterIPs[0], clusterIPs }),
      ),
      '*may not change once set*',
    )
  }),
  contractCase(
    'services-dual/single-of-two',
    'SingleStack with two families is refused',
    { phase },
    async trial => {
      await invalid(
        trial,
        trial.service({ ipFamilies: pair(trial), ipFamilyPolicy: 'SingleStack', selector, ports }),
        "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
      )
    },
  ),
  contractCase(
    'services-dual/two-of-one',
    'two addresses of one family are refused',
    { phase },
    async trial => {
      const taken = await trial.service({ selector, ports })
      const [first = ''] = stackOf(taken).clusterIPs ?? []
      await trial.api.delete(services, trial.namespace, taken.metadata.name)
      const second = first.replace(/.$/, last => (last === '1' ? '2' : '1'))
      await invalid(
        trial,
        trial.service({
          clusterIP: first,
          clusterIPs: [first, second],
          ipFamilyPolicy: 'PreferDualStack',
          selector,
          ports,
        }),
        '*may specify no more than one IP for each IP family*',
      )
    },
  ),
  contractCase(
    'services-dual/dry-run',
    'a dry run of RequireDualStack is accepted, and takes no address',
    { phase },
    async trial => {
      const made = await trial.service(
        { ipFamilyPolicy: 'RequireDualStack', selector, ports },
        { dryRun: true },
      )
      trial.same([stackOf(made).families, stackOf(made).clusterIPs?.length], [pair(trial), 2], 'answer')
      trial.same(await trial.list(services), [], 'stored')
    },
  ),
  contractCase(
    'services-dual/type',
    'ExternalName takes addresses and families away, and ClusterIP gives new ones',
    { phase },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
      const gone = {
        clusterIP: undefined,
        clusterIPs: undefined,
        ipFamilies: undefined,
        ipFamilyPolicy: undefined,
      }
      const external = await editService(trial, made, {
        ...gone,
        type: 'ExternalName',
        externalName: 'example.com',
      })
      trial.same(
        stackOf(external),
        { policy: undefined, families: undefined, clusterIPs: undefined },
        'ExternalName',
      )
      const back = await editService(trial, made, { type: 'ClusterIP', externalName: undefined })
      hasStack(trial, back, 'SingleStack', [trial.place.primary])
    },
  ),
]
