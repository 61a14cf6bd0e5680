import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../base/errors.ts'
import { lineEdits } from './edits.ts'
import { dashOf, flagLines, type GeneratedFlag, item, manifest, render } from './manifest.arbitrary.ts'
import { readFlags, setFlags } from './manifest.ts'

const pod = (lines: string, name = 'kube-apiserver') =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: ${name}\n${lines}`
const command = (...items: string[]) =>
  pod(`    command:\n${items.map(found => `    - ${found}\n`).join('')}`)
const range = 'service-cluster-ip-range'
const both = '10.96.0.0/16,fd00::/108'

/** Only what changed, as a diff shows it. */
const changed = (before: string, after: string) =>
  lineEdits(before, after).flatMap(({ remove, insert }) => [
    ...remove.map(line => `-${line.trimEnd()}`),
    ...insert.map(line => `+${line.trimEnd()}`),
  ])

describe('a text that was read before', () => {
  const text = `${command('kube-apiserver', '--v=1')}  - name: other\n    command:\n    - other\n    - --v=2\n`

  it('says of each container what it says of that one', () => {
    expect([readFlags(text, 'kube-apiserver').get('v'), readFlags(text, 'other').get('v')]).toEqual([
      '1',
      '2',
    ])
    expect(readFlags(text, 'kube-apiserver').get('v')).toBe('1')
    expect(() => readFlags(text, 'third')).toThrow(RefusedError)
  })

  it('says the same after an edit, and the edited one what it says itself', () => {
    const before = readFlags(text, 'other').all
    const after = setFlags(text, 'other', { v: '3', w: 'x' })
    expect(readFlags(text, 'other').all).toEqual(before)
    expect(readFlags(after, 'other').get('v')).toBe('3')
    expect(setFlags(text, 'other', { v: '3', w: 'x' })).toBe(after)
  })
})

describe('readFlags', () => {
  const text = `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  labels: {component: kube-apiserver}
  annotations:
    a/b: "1"
spec:
  containers:
  - name: kube-apiserver
    image: registry/kube-apiserver:v1
    command:
    - kube-apiserver
    - --service_cluster_ip_range=10.96.0.0/16
    - "--v"
    - '2'
    - --v=3
    - --profiling
    - --etcd-servers=https://[::1]:2379 # local
`
  const flags = readFlags(text, 'kube-apiserver')

  it('gives the value that counts', () => {
    expect(flags.get(range)).toBe('10.96.0.0/16')
    expect(flags.get('v')).toBe('3')
    expect(flags.get('profiling')).toBe('')
    expect(flags.get('absent')).toBeUndefined()
  })

  it('gives all of them with their lines', () => {
    expect(flags.all).toEqual([
      { name: range, value: '10.96.0.0/16', line: 14 },
      { name: 'v', value: '2', line: 15 },
      { name: 'v', value: '3', line: 17 },
      { name: 'profiling', value: '', line: 18 },
      { name: 'etcd-servers', value: 'https://[::1]:2379', line: 19 },
    ])
  })

  it('gives what else is said', () => {
    expect(flags).toMatchObject({
      name: 'kube-apiserver',
      image: 'registry/kube-apiserver:v1',
      labels: { component: 'kube-apiserver' },
      annotations: { 'a/b': '1' },
    })
    expect(flags.argv.slice(0, 2)).toEqual(['kube-apiserver', '--service_cluster_ip_range=10.96.0.0/16'])
  })

  it.each([
    ['flow lists', pod('    command: [kube-apiserver, --v=1]\n')],
    [
      'JSON',
      '{"kind":"Pod","spec":{"containers":[{"name":"kube-apiserver","command":["kube-apiserver","--v=1"]}]}}',
    ],
    [
      'aliases',
      pod('    command: &c\n    - kube-apiserver\n    - --v=1\n  - name: other\n    command: *c\n'),
    ],
    [
      'a wrapper with flags of its own',
      command('/go-runner', '--log-file=x', '/bin/kube-apiserver', '--v=1'),
    ],
    ['an entrypoint of the image', pod('    args:\n    - --v=1\n')],
    ['hyperkube', command('/hyperkube', 'apiserver', '--v=1')],
    ['what is behind a lone "--"', command('kube-apiserver', '--v=1', '--', '--v=2')],
  ])('reads %s', (_, text) => {
    expect(readFlags(text, 'kube-apiserver').all.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'v=1',
    ])
  })
})

describe('setFlags', () => {
  it('changes exactly the line of the flag, adds the absent in place and takes out null', () => {
    const before = command('kube-apiserver', '--a=1', '--c=1 # why', `"--${range}=10.96.0.0/16"`, '--z=1')
    const after = setFlags(before, 'kube-apiserver', { b: '2', c: null, [range]: both, y: null })
    expect(changed(before, after)).toEqual([
      '-    - --c=1 # why',
      `-    - "--${range}=10.96.0.0/16"`,
      '+    - --b=2',
      `+    - "--${range}=${both}"`,
    ])
  })

  it('puts new flags behind the one they are related to, in place of it when it goes', () => {
    const before = command(
      'kube-controller-manager',
      '--z=1',
      '--node-cidr-mask-size=24',
      '--a=1',
    ).replaceAll('apiserver', 'controller-manager')
    const after = setFlags(
      before,
      'kube-controller-manager',
      { 'node-cidr-mask-size': null, 'node-cidr-mask-size-ipv4': '24', 'node-cidr-mask-size-ipv6': '64' },
      {
        after: {
          'node-cidr-mask-size-ipv4': 'node-cidr-mask-size',
          'node-cidr-mask-size-ipv6': 'node-cidr-mask-size',
        },
      },
    )
    expect(changed(before, after)).toEqual([
      '-    - --node-cidr-mask-size=24',
      '+    - --node-cidr-mask-size-ipv4=24',
      '+    - --node-cidr-mask-size-ipv6=64',
    ])
  })

  it('gives a value of its own item the new value', () => {
    const before = command('kube-apiserver', `--${range}`, "'10.96.0.0/16'", '--v', '2')
    expect(changed(before, setFlags(before, 'kube-apiserver', { [range]: both }))).toEqual([
      "-    - '10.96.0.0/16'",
      `+    - '${both}'`,
    ])
    expect(changed(before, setFlags(before, 'kube-apiserver', { [range]: null }))).toHaveLength(2)
  })

  it('changes all of a flag that is repeated alike', () => {
    const before = command('kube-apiserver', '--v=1', '--v=1')
    expect(readFlags(setFlags(before, 'kube-apiserver', { v: '2' }), 'kube-apiserver').all).toHaveLength(2)
    expect(changed(before, setFlags(before, 'kube-apiserver', { v: null }))).toHaveLength(2)
  })

  it('keeps the spelling of a flag with underscores', () => {
    const before = command('kube-apiserver', '--service_cluster_ip_range=x')
    expect(changed(before, setFlags(before, 'kube-apiserver', { [range]: 'y' }))[1]).toBe(
      '+    - --service_cluster_ip_range=y',
    )
  })

  it('adds the first flag behind the program', () => {
    expect(setFlags(command('kube-apiserver'), 'kube-apiserver', { v: '1' })).toBe(
      command('kube-apiserver', '--v=1'),
    )
  })

  it('gives the very text where nothing is to change', () => {
    const text = command('kube-apiserver', '--v=1')
    expect(setFlags(text, 'kube-apiserver', { v: '1', w: null })).toBe(text)
  })

  const v = { v: '2' }
  it.each([
    [
      'text.flow',
      'line 8: command of container kube-apiserver is in flow style ([…])',
      pod('    command: [kube-apiserver, --v=1]\n'),
    ],
    [
      'text.json',
      'line 1: this is JSON',
      '{"spec":{"containers":[{"name":"kube-apiserver","command":["kube-apiserver","--v=1"]}]}}',
    ],
    ['text.alias', 'line 9: an anchor (&v) is used', command('&v kube-apiserver', '--v=1')],
    ['text.alias', 'line 11: an alias (*v)', `${command('kube-apiserver', '--v=1')}    image: *v\n`],
    [
      'text.multi-line',
      'line 10: the item --v goes over several lines',
      command('kube-apiserver', '"--v=\\\n      1"'),
    ],
    [
      'text.multi-line',
      'line 10: the item --v goes over several lines',
      command('kube-apiserver', '|-\n      --v=1'),
    ],
    ['text.tag', 'line 10: the item --v has a tag', command('kube-apiserver', '!!str --v=1')],
    [
      'text.shell',
      'line 9: kube-apiserver is started through a shell',
      command('/bin/sh', '-c', 'kube-apiserver --v=1'),
    ],
    [
      'text.shell',
      'line 9: kube-apiserver is started through a shell',
      command('bash', '-c', '|\n      exec \\\n      kube-apiserver --v=1'),
    ],
    [
      'text.shell',
      'line 9: kube-apiserver is started through a shell',
      command('"exec /usr/bin/kube-apiserver --v=1"'),
    ],
    [
      'text.shell',
      'line 9: kube-apiserver is started through a shell',
      command('sh', '-c', `'exec "$0" "$@"'`, 'kube-apiserver', '--v=1'),
    ],
    [
      'text.repeated',
      'line 11: --v is given more than once, with different values',
      command('kube-apiserver', '--v=1', '--v=3'),
    ],
    ['text.repeated', 'there is a second container', pod('    image: i\n  - name: kube-apiserver\n')],
    ['text.duplicate-key', 'line 9: Map keys must be unique', pod('    image: i\n    image: j\n')],
    ['text.yaml', 'line 9: ', pod('    image: i\n   bad: [\n')],
    ['text.documents', 'there is no YAML document', '# nothing\n'],
    ['text.documents', 'line 11: there is a second document', `${command('kube-apiserver')}---\na: b\n`],
    ['text.no-container', 'no container kube-apiserver', pod('    image: i\n', 'etcd')],
    ['text.no-container', 'no container kube-apiserver', 'kind: List\nitems: []\n'],
    [
      'text.template',
      'a template that was not rendered',
      `${command('kube-apiserver', '--v=1')}    image: {{ image }}\n`,
    ],
    ['text.shape', 'line 10: an item of command is not a plain value', command('kube-apiserver', '--v: 1')],
    ['text.shape', 'line 8: command is not a list', pod('    command: kube-apiserver --v=1\n')],
    ['text.shape', 'neither command nor args', pod('    image: i\n')],
    ['text.terminator', 'line 11: a lone "--"', command('kube-apiserver', '--a=1', '"--"', 'x')],
  ])('refuses with %s: %s', (code, message, text) => {
    const error = caught(() => setFlags(text, 'kube-apiserver', v))
    expect(error).toBeInstanceOf(RefusedError)
    expect(error.message).toContain(message)
    expect(error.code).toBe(code)
  })

  it('refuses to take the only item out of a list, which would be null then', () => {
    expect(() => setFlags(pod('    args:\n    - --v=1\n'), 'kube-apiserver', { v: null })).toThrow(
      'would not mean',
    )
  })

  it('changes a value exactly in its line, whatever the layout', () => {
    const value = fc.constantFrom(both, 'true', "it's", '', '64')
    fc.assert(
      fc.property(manifest, fc.nat(), value, (parts, pick, value) => {
        const dash = dashOf(parts)
        const flag = parts.flags[pick % parts.flags.length]
        if (!flag || flag.value === value) return
        const lines = (flags: readonly GeneratedFlag[]) => flags.flatMap(found => flagLines(found, dash))
        const before = render(parts, lines(parts.flags))
        const after = render(
          parts,
          lines(parts.flags.map(found => (found === flag ? { ...flag, value } : found))),
        )
        expect(setFlags(before, 'c', { [flag.name]: value })).toBe(after)
      }),
      { numRuns: 100 },
    )
  })

  it('takes out exactly the lines of a flag, and only its own comment behind it', () => {
    fc.assert(
      fc.property(manifest, fc.nat(), (parts, pick) => {
        const dash = dashOf(parts)
        const gone = parts.flags[pick % parts.flags.length]
        const lines = (kept: readonly GeneratedFlag[]) =>
          parts.flags.flatMap(found =>
            flagLines(found, dash).filter(line => kept.includes(found) || line.trimStart().startsWith('#')),
          )
        const before = render(parts, lines(parts.flags))
        const after = render(parts, lines(parts.flags.filter(found => found !== gone)))
        expect(setFlags(before, 'c', { [gone?.name ?? '']: null })).toBe(after)
      }),
      { numRuns: 100 },
    )
  })

  it('adds exactly one line, quoted and indented as the one in front, in the sorted place or at the end', () => {
    fc.assert(
      fc.property(manifest, fc.constantFrom('a', 'feature-gates', 'zz'), (parts, name) => {
        const dash = dashOf(parts)
        const { flags } = parts
        const sorted = flags.every(({ name }, index) => index === 0 || (flags[index - 1]?.name ?? '') < name)
        const place = sorted ? flags.filter(found => found.name < name).length : flags.length
        const line = dash + item(`--${name}=${both}`, (flags[place - 1] ?? flags[0])?.quote ?? '')
        const before = render(
          parts,
          flags.flatMap(found => flagLines(found, dash)),
        )
        const behindComment = place === 0 && flags[0]?.comment
        const lines = flags.flatMap((found, index) => {
          const own = flagLines(found, dash)
          if (index !== place) return own
          return behindComment ? [own[0] ?? '', line, ...own.slice(1)] : [line, ...own]
        })
        const after = render(parts, place === flags.length ? [...lines, line] : lines)
        expect(setFlags(before, 'c', { [name]: both })).toBe(after)
      }),
      { numRuns: 100 },
    )
  })

  it('makes any set of changes at once, or none', () => {
    const change = fc.dictionary(
      fc.constantFrom(
        'advertise-address',
        'cluster-cidr',
        'etcd-servers',
        'secure-port',
        'v',
        'new-one',
        'x',
      ),
      fc.option(fc.constantFrom(both, 'false')),
      { minKeys: 1 },
    )
    fc.assert(
      fc.property(manifest, change, (parts, changes) => {
        const dash = dashOf(parts)
        const before = render(
          parts,
          parts.flags.flatMap(found => flagLines(found, dash)),
        )
        const wanted = new Map(parts.flags.map(({ name, value }) => [name, value]))
        for (const [name, value] of Object.entries(changes)) {
          if (value === null) wanted.delete(name)
          else wanted.set(name, value)
        }
        if (wanted.size === 0 && parts.list === 'args') return
        const after = setFlags(before, 'c', changes)
        expect(new Map(readFlags(after, 'c').all.map(({ name, value }) => [name, value]))).toEqual(wanted)
        const comments = (text: string) =>
          text.split(/\r?\n/).filter(line => line.trimStart().startsWith('#'))
        expect(comments(after)).toEqual(comments(before))
        expect(after.endsWith('\n')).toBe(parts.finalEol)
        if (parts.eol === '\r\n') expect(after.replaceAll('\r\n', '')).not.toContain('\n')
      }),
      { numRuns: 100 },
    )
  })
})

function caught(action: () => unknown): RefusedError {
  try {
    action()
  } catch (error) {
    return error as RefusedError
  }
  throw new Error('nothing was thrown')
}
