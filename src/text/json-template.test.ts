import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineEdits } from './edits.ts'
import { getField, getIpam, setIpamFields } from './json-template.ts'
import { parseJsonTemplate } from './json-ranges.ts'

const template = `{
  "name": "k8s-pod-network",
  "plugins": [
    {
      "type": "calico",
      "mtu": __CNI_MTU__,
      "nodename": "__KUBERNETES_NODE_NAME__",
      "ipam": {
          "type": "calico-ipam"
      },
      "policy": { "type": "k8s" }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}`
const both = { assign_ipv4: 'true', assign_ipv6: 'true' }

describe('setIpamFields', () => {
  it('adds members a line each, with the indentation that is there', () => {
    expect(lineEdits(template, setIpamFields(template, both))).toEqual([
      {
        at: 9,
        remove: ['          "type": "calico-ipam"\n'],
        insert: [
          '          "type": "calico-ipam",\n',
          '          "assign_ipv4": "true",\n',
          '          "assign_ipv6": "true"\n',
        ],
      },
    ])
  })

  it('gives back the very text when what was added is taken out', () => {
    expect(setIpamFields(setIpamFields(template, both), { assign_ipv4: null, assign_ipv6: null })).toBe(
      template,
    )
  })

  const inline = (ipam: string) => `{"type":"calico","mtu":__MTU__,"ipam":${ipam}}`
  it.each([
    ['{"type":"calico-ipam"}', both, '{"type":"calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"}'],
    [
      '{"type":"calico-ipam", "assign_ipv4": "true"}',
      { assign_ipv4: 'false' },
      '{"type":"calico-ipam", "assign_ipv4": "false"}',
    ],
    ['{"assign_ipv4": "true", "type":"x"}', { assign_ipv4: null }, '{"type":"x"}'],
    ['{"type":"x", "assign_ipv4": true}', { assign_ipv4: 'true' }, '{"type":"x", "assign_ipv4": "true"}'],
    ['{}', { a: 'b' }, '{"a": "b"}'],
    ['{"a": "b"}', { a: null }, '{}'],
    ['{"a": "b"}', { c: null }, '{"a": "b"}'],
    ['{"a":\r\n"b"}', { c: 'd' }, '{"a":\r\n"b", "c": "d"}'],
    ['{\r\n  "a": "b"\r\n}', { c: 'd"' }, '{\r\n  "a": "b",\r\n  "c": "d\\""\r\n}'],
    ['{"a": "b",\n  "c": "d"}', { e: 'f' }, '{"a": "b",\n  "c": "d",\n  "e": "f"}'],
  ])('makes of %s with %j: %s', (before, fields, after) => {
    expect(setIpamFields(inline(before), fields)).toBe(inline(after))
  })

  it.each([
    ['', 'is not JSON'],
    ['{"plugins": [{"type": "calico", "ipam": {"type": "calico-ipam",}}]}', 'is not JSON'],
    ['{"plugins": [{"type": "calico", "mtu": CNI_MTU, "ipam": {}}]}', 'is not JSON'],
    ['{"type": "calico", "mtu": -__MTU__, "ipam": {}}', 'is not JSON'],
    ['{"type": "calico", "mtu": 1__MTU__, "ipam": {}}', 'is not JSON'],
    ['{"type": "calico", "mtu": [__MTU__.5], "ipam": {}}', 'is not JSON'],
    ['{"plugins": [{"type": "calico"}]}', 'no plugin of type calico with an ipam object'],
    ['{"plugins": [{"type": "calico", "ipam": __IPAM__}]}', 'no plugin of type calico with an ipam object'],
    ['{"plugins": [{"type": "flannel", "ipam": {}}]}', 'no plugin of type calico'],
    ['{"plugins": {}, "type": "calico"}', 'no plugin of type calico'],
    ['{"plugins": [{"type": "calico", "ipam": {}}, {"type": "calico", "ipam": {}}]}', 'several plugins'],
    ['{"type": "calico", "ipam": {"a": 1, "a": 2}}', 'the key "a" is there twice'],
  ])('refuses %j', (text, why) => expect(() => setIpamFields(text, both)).toThrow(why))

  it('never shows the text in a message', () => {
    expect(() => setIpamFields('{"token": s3cret}', both)).not.toThrow('s3cret')
  })
})

describe('getIpam and getField', () => {
  it('reads placeholders as strings', () => {
    expect(getIpam(template)).toEqual({ type: 'calico-ipam' })
    expect(getField(template, json => JSON.stringify(json))).toContain('"mtu":"__CNI_MTU__"')
    expect(getIpam('{"type": "flannel"}')).toBeUndefined()
  })
})

describe('parseJsonTemplate', () => {
  it('reads any JSON as JSON.parse does, in any layout', () => {
    const layout = fc.constantFrom('', ' ', '\t', 2, 4)
    fc.assert(
      fc.property(fc.json(), layout, (json, indent) => {
        const value: unknown = JSON.parse(json)
        const text = JSON.stringify(value, null, indent)
        expect(JSON.stringify(parseJsonTemplate(text).value)).toBe(JSON.stringify(value))
      }),
    )
  })
})
