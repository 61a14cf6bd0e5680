import { type CIDR, tryParseIP } from '../address/index.ts'
import { getField, getTexts } from '../model/fields.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Admission } from '../model/rule.ts'
import { admissionRule } from './admission-rule.ts'
import { admission } from './example.ts'
import { rangeErrors } from './field-address.ts'
import { type FieldError, forbidden, invalid, required } from './field-error.ts'
import { sloppyCIDR } from './sloppy.ts'
import { minorOf } from '../base/version.ts'

/** ServiceCIDRs, Nodes and the status of pods: where an API server holds a cluster to one family or two. */
const serviceCIDRs = 'networking.k8s.io/v1/servicecidrs'
const cidrsOf = (object: KubeObject | undefined) => getTexts(object, ['spec', 'cidrs'])
const podCIDRsOf = (object: KubeObject | undefined) => getTexts(object, ['spec', 'podCIDRs'])
const family = (text: string | undefined): CIDR['family'] | undefined =>
  text === undefined ? undefined : sloppyCIDR(text)?.family

const range = (cidrs: readonly string[], old?: readonly string[], version = 'v1.36.3'): Admission => {
  const object = (list: readonly string[]) => ({ metadata: { name: 'kubernetes' }, spec: { cidrs: list } })
  return admission(object(cidrs), {
    resource: serviceCIDRs,
    ...(old === undefined ? {} : { old: object(old) }),
    server: { version, services: ['10.96.0.0/16', 'fd00:96::/112'] },
  })
}

const immutable = admissionRule({
  id: 'object-admission/service-cidr-immutable',
  title: 'a ServiceCIDR changes from one range to two and in no other way',
  why: 'From 1.33 on a second range may be added behind the first, which the API server itself does when its flag gets one. It can never be taken away; before 1.33 nothing can be changed.',
  source: 'k/k:pkg/apis/networking/validation/validation.go ValidateServiceCIDRUpdate',
  covers: ['kubernetes 2.2', 'kubernetes 2.4', 'K8', 'P10'],
  remedy:
    'Leave the object to the API server. On the way back it stays a pair, which does no harm; the next way there must use the same range.',
  line: 'Invalid value: *: field is immutable',
  judge({ resource, object, old, server }) {
    if (resource !== serviceCIDRs || old === undefined) return []
    const [now, then] = [cidrsOf(object), cidrsOf(old)]
    const field = 'spec.cidrs'
    if (now.length === then.length)
      return now.flatMap((text, at) =>
        text === then[at] ? [] : [invalid(`${field}[${at}]`, text, 'field is immutable')],
      )
    if (minorOf(server.version) < 33 || then.length !== 1 || now.length !== 2)
      return [invalid(field, now, 'field is immutable', server.version)]
    return now[0] === then[0] ? [] : [invalid(`${field}[0]`, now[0], 'field is immutable')]
  },
  examples: {
    bad: [
      () => range(['10.96.0.0/16'], ['10.96.0.0/16', 'fd00:96::/112']),
      () => range(['10.96.0.0/16', 'fd00:97::/112'], ['10.96.0.0/16', 'fd00:96::/112']),
      () => range(['fd00:96::/112', '10.96.0.0/16'], ['10.96.0.0/16']),
      () => range(['10.96.0.0/16', 'fd00:96::/112'], ['10.96.0.0/16'], 'v1.32.0'),
    ],
    good: [
      () => range(['10.96.0.0/16', 'fd00:96::/112'], ['10.96.0.0/16']),
      () => range(['fd00:96::/112', '10.96.0.0/16'], ['fd00:96::/112']),
      () => range(['10.96.0.0/16'], ['10.96.0.0/16']),
    ],
  },
})

const wellFormed = admissionRule({
  id: 'object-admission/service-cidr-ranges',
  title: 'a ServiceCIDR has one range, or one of each family, in canonical form',
  why: 'These objects are newer than strict parsing, and were held to it from the start.',
  source: 'k/k:pkg/apis/networking/validation/validation.go validateServiceCIDRSpec',
  covers: ['kubernetes 2.2'],
  remedy: 'Write each range as RFC 5952 spells it, without host bits: fd00:96::/112.',
  line: 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  judge({ resource, object, old, server }): readonly FieldError[] {
    const [now, then] = [cidrsOf(object), cidrsOf(old)]
    const isAdded = then.length === 1 && now.length === 2
    if (resource !== serviceCIDRs || (old !== undefined && !isAdded)) return []
    const field = 'spec.cidrs'
    if (now.length === 0) return [required(field, 'at least one CIDR required')]
    if (now.length > 2) return [invalid(field, { cidrs: now }, 'may only hold up to 2 values')]
    const found = now.flatMap((text, at) =>
      rangeErrors(`${field}[${at}]`, text, server.version, { canonical: true }),
    )
    const [first, second] = now.map(family)
    if (now.length < 2 || first === undefined || first !== second) return found
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    return [...found, invalid(field, now, detail, server.version)]
  },
  examples: {
    bad: [
      () => range([]),
      () => range(['10.96.0.0/16', 'fd00:96::/112', 'fd00:97::/112']),
      () => range(['10.96.0.0/16', '10.97.0.0/16'], ['10.96.0.0/16']),
      () => range(['FD00:96::/112']),
      () => range(['fd00:96::1/112']),
      () => range(['10.096.0.0/16']),
      () => range(['10.96.0.0']),
    ],
    good: [() => range(['10.96.0.0/16', 'fd00:96::/112']), () => range(['fd00:96::/112'])],
  },
})

const node = (podCIDRs: readonly string[], old?: readonly string[]): Admission => {
  const object = (list: readonly string[]) => ({
    metadata: { name: 'n1' },
    spec: list.length === 0 ? {} : { podCIDR: list[0], podCIDRs: list },
  })
  return admission(object(podCIDRs), {
    resource: 'v1/nodes',
    ...(old === undefined ? {} : { old: object(old) }),
  })
}

const podCIDRsStay = admissionRule({
  id: 'object-admission/node-pod-cidrs-stay',
  title: 'podCIDRs of a Node are set once',
  why: 'The whole list is compared: a range of the other family cannot be added either. A Node must be deleted and created again with both, where the CNI needs them.',
  source: 'k/k:pkg/apis/core/validation/validation.go ValidateNodeUpdate',
  covers: ['kubernetes 3.2', 'K1'],
  remedy: 'Leave podCIDRs alone where the CNI has IPAM of its own.',
  line: 'Forbidden: node updates may not change podCIDR except from "" to valid',
  judge({ resource, object, old }) {
    if (resource !== 'v1/nodes' || old === undefined) return []
    const [now, then] = [podCIDRsOf(object), podCIDRsOf(old)]
    if (then.length === 0 || (now.length === then.length && now.every((text, at) => text === then[at])))
      return []
    return [forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')]
  },
  examples: {
    bad: [
      () => node(['10.244.0.0/24', 'fd00:244::/64'], ['10.244.0.0/24']),
      () => node([], ['10.244.0.0/24']),
      () => node(['fd00:244::/64', '10.244.0.0/24'], ['10.244.0.0/24', 'fd00:244::/64']),
    ],
    good: [
      () => node(['10.244.0.0/24', 'fd00:244::/64'], []),
      () => node(['10.244.0.0/24'], ['10.244.0.0/24']),
    ],
  },
})

const podCIDRsPair = admissionRule({
  id: 'object-admission/node-pod-cidrs-pair',
  title: 'podCIDRs of a new Node are one range, or one of each family',
  why: 'Asked when a Node is created with them. Where podCIDR and podCIDRs[0] differ, podCIDRs is replaced by podCIDR without a word.',
  source: 'k/k:pkg/apis/core/validation/validation.go ValidateNode, pkg/apis/core/v1/conversion.go',
  covers: ['kubernetes 3.2'],
  remedy: 'Write podCIDR and podCIDRs with the same first range.',
  line: 'may specify no more than one CIDR for each IP family',
  judge({ resource, object, old, server }) {
    if (resource !== 'v1/nodes' || old !== undefined) return []
    const texts = podCIDRsOf(object)
    const broken = texts.flatMap((text, at) => rangeErrors(`spec.podCIDRs[${at}]`, text, server.version))
    const isPair = texts.length < 3 && new Set(texts.map(family)).size === texts.length
    if (texts.length < 2 || isPair) return broken
    const detail = 'may specify no more than one CIDR for each IP family'
    return [...broken, invalid('spec.podCIDRs', texts, detail, server.version)]
  },
  examples: {
    bad: [
      () => node(['10.244.0.0/24', '10.244.1.0/24']),
      () => node(['10.244.0.0/24', 'fd00:244::/64', 'fd00:244:1::/64']),
      () => node(['10.244.0.5/24']),
    ],
    good: [() => node(['fd00:244::/64', '10.244.0.0/24']), () => node([])],
  },
})

const pod = (ips: readonly string[]): Admission =>
  admission(
    {
      metadata: { name: 'web-1', namespace: 'demo' },
      status: { podIP: ips[0], podIPs: ips.map(ip => ({ ip })) },
    },
    { resource: 'v1/pods' },
  )

const podIPs = admissionRule({
  id: 'object-admission/pod-ips',
  title: 'a pod has one address of each family at most',
  why: 'Kubelets write what the CNI gave; a CNI that gives two of one family makes pods that never become ready.',
  source: 'k/k:pkg/apis/core/validation/validation.go validatePodIPs',
  covers: ['kubernetes 8'],
  remedy: 'Make the CNI assign one address a family.',
  line: 'may specify no more than one IP for each IP family',
  judge({ resource, object, server }) {
    const list = getField(object, ['status', 'podIPs'])
    if (resource !== 'v1/pods' || !Array.isArray(list)) return []
    const ips = list.map(item => getField(item, ['ip'])).filter(ip => typeof ip === 'string')
    const isPair = ips.length < 3 && new Set(ips.map(ip => tryParseIP(ip)?.family)).size === ips.length
    if (ips.length < 2 || isPair) return []
    const detail = 'may specify no more than one IP for each IP family'
    return [
      invalid(
        'status.podIPs',
        ips.map(ip => ({ IP: ip })),
        detail,
        server.version,
      ),
    ]
  },
  examples: {
    bad: [() => pod(['10.244.0.5', '10.244.0.6']), () => pod(['10.244.0.5', 'fd00:244::5', 'fd00:244::6'])],
    good: [() => pod(['10.244.0.5', 'fd00:244::5']), () => pod(['fd00:244::5']), () => pod([])],
  },
})

export const objectAdmissionRules = [immutable, wellFormed, podCIDRsStay, podCIDRsPair, podIPs] as const
