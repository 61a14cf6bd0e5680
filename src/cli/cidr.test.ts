import { join } from 'node:path'
import { describe, expect, it, test, vi } from 'vitest'
import type { CheckReport } from '../report/cidr-check.ts'
import type { Shown } from '../report/cidr-show.ts'
import type { Split } from '../report/cidr-split.ts'
import type { SuggestReport } from '../report/cidr-suggest.ts'
import { printCompletions } from './completion.ts'
import { run } from './testing.ts'

const sample = join(import.meta.dirname, '../../samples/calico-1cp-1w')
const cidr = (...words: string[]) => run(['cidr', ...words])
const json = async <T>(...words: string[]): Promise<T> =>
  JSON.parse((await cidr(...words, '-o', 'json')).stdout) as T
/** `severity rule object: message`, of breaks. */
const breaks = async (...words: string[]): Promise<readonly string[]> => {
  const { findings } = await json<CheckReport>('check', ...words)
  return findings
    .filter(({ severity }) => severity !== 'ok' && severity !== 'skipped')
    .map(({ severity, rule, object, message }) => `${severity} ${rule} ${object}: ${message}`)
}

describe('cidr, the word', () => {
  it('alone shows its commands', async () => {
    const { exitCode, stdout, stderr } = await cidr()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const name of ['show', 'split', 'suggest', 'check'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect((await cidr('--help')).stdout).toBe(stdout)
  })

  it.each([
    [['shwo'], "error: unknown command 'shwo'\nhint: did you mean show?\n"],
    [['show'], "error: missing required argument 'cidr'\n"],
    [
      ['check', '--cluster-cdir', 'x'],
      "error: unknown option '--cluster-cdir'\nhint: did you mean --cluster-cidr?\n",
    ],
    [
      ['check'],
      'error: nothing to check\nhint: Name --service-cluster-ip-range and --cluster-cidr, or a cluster: --live, --from DIR.\n',
    ],
    [
      ['check', '--cluster-cidr', 'fd00::/56', '--kubernetes', 'x'],
      'error: --kubernetes does not know "x"\nhint: For instance 1.36, v1.36.3, or 1.30-1.34.\n',
    ],
    [['suggest', '--nodes', '-3'], 'error: --nodes "-3" is not a number\nhint: For instance 500.\n'],
  ])('%j is one clear error', async (words, stderr) => {
    expect(await cidr(...words)).toEqual({ exitCode: 2, stdout: '', stderr })
  })
})

describe('completion', () => {
  const complete = (...words: string[]): readonly string[] => {
    const said: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line))
    printCompletions(words)
    log.mockRestore()
    return said.map(line => line.split('\t')[0] ?? '')
  }
  it('knows the word, its commands and their options', () => {
    expect(complete('ci')).toEqual(['cidr', ':4'])
    expect(complete('cidr', 's')).toEqual(['show', 'split', 'suggest', ':4'])
    expect(complete('cidr', 'check', '--node-cidr')).toEqual([
      '--node-cidr-mask-size',
      '--node-cidr-mask-size-ipv4',
      '--node-cidr-mask-size-ipv6',
      ':4',
    ])
    // A range is not a file of this folder.
    expect(complete('cidr', 'show', '')).toEqual([':4'])
  })
})

describe('cidr show', () => {
  it('says all of a range', async () => {
    expect((await cidr('show', '10.96.0.0/12')).stdout).toMatchInlineSnapshot(`
      "10.96.0.0/12
        family      IPv4
        kind        private (RFC 1918)
        first       10.96.0.0
        last        10.111.255.255
        addresses   1,048,576 (2^20)
        notes       4,096 subnets of /24
                    as pod range: node masks /12 to /28; with /24 4,096 nodes of 256 addresses
                    as Calico pool: 16,384 blocks of /26
                    as service range: 1,048,576 addresses; 10.96.0.1 would be Service kubernetes, 10.96.0.10 DNS
      "
    `)
  })

  it('shows what can be read beside what cannot, says why, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await cidr('show', 'fd00:10::/64', '010.0.0.1', 'fe80::1%eth0')
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' })
    expect(stdout).toContain('fd00:10::ffff:ffff:ffff:ffff')
    expect(stdout).toContain(
      'error: "010.0.0.1" is not an IP address: 010 has a leading zero: some read 10, others 8',
    )
    expect(stdout).toContain('it has a zone')
  })

  it('counts to the last address of everything', async () => {
    const [all, one] = await json<Shown[]>('show', '::/0', '::1')
    expect(all).toMatchObject({
      addresses: (2n ** 128n).toString(),
      last: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    })
    expect(one).toMatchObject({ canonical: '::1', kind: 'loopback', addresses: '1', notes: [] })
  })

  it('says of host bits and odd spellings how they are read', async () => {
    const [masked, odd] = await json<{ canonical: string; notes: string[] }[]>(
      'show',
      '10.0.0.5/24',
      'FD00:0:0::/48',
    )
    expect([masked?.canonical, masked?.notes[0]]).toEqual([
      '10.0.0.0/24',
      'bits are set after the first 24: components read it as 10.0.0.0/24',
    ])
    expect(odd?.notes[0]).toBe('not the canonical form, which is fd00::/48')
  })
})

describe('cidr split', () => {
  it('makes the first of very many, and says how many there are', async () => {
    expect((await cidr('split', 'fd10:1::/48', '--prefix', '64', '--limit', '2')).stdout).toBe(
      [
        'CIDR              LAST',
        'fd10:1::/64       fd10:1::ffff:ffff:ffff:ffff',
        'fd10:1:0:1::/64   fd10:1:0:1:ffff:ffff:ffff:ffff',
        'and 65534 more of /64: --limit shows more',
        '',
      ].join('\n'),
    )
    expect(await json<Split>('split', '::/0', '--prefix', '128', '--limit', '1')).toMatchObject({
      count: (2n ** 128n).toString(),
      parts: [{ cidr: '::/128' }],
    })
  })

  it.each([
    ['1', 8, '1'],
    ['2', 9, '2'],
    ['3', 10, '4'],
    ['4', 10, '4'],
    ['5', 11, '8'],
  ])('into %s parts is /%i', async (parts, prefix, count) => {
    expect(await json<Split>('split', '10.0.0.0/8', '--parts', parts)).toMatchObject({ prefix, count })
  })

  it.each([
    [['10.0.0.0/8'], 'how is it to be split?'],
    [['10.0.0.0/8', '--prefix', '9', '--parts', '2'], 'how is it to be split?'],
    [['10.0.0.0/8', '--prefix', '7'], 'from 8 to 32 is wanted'],
    [['10.0.0.0/8', '--prefix', '33'], 'from 8 to 32 is wanted'],
    [['10.0.0.0/8', '--prefix', '+9'], 'is not a whole number'],
    [['10.0.0.0/31', '--parts', '3'], 'has fewer than 3 addresses'],
    [['10.0.0.1/8', '--prefix', '9'], 'it lies in is 10.0.0.0/8'],
  ])('%j: %s', async (words, why) => {
    const { exitCode, stdout, stderr } = await cidr('split', ...words)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(why)
  })
})

describe('cidr suggest', () => {
  it('gives the same ranges for the same seed, and others without one', async () => {
    const seeded = await cidr('suggest', '--seed', 'x', '--nodes', '3')
    expect(seeded.stdout).toMatchInlineSnapshot(`
      "IPv6, unique local (RFC 4193), from seed x
        pod range       fd2d:7116:42b7::/56         256 nodes (there are 3 nodes), 2^72 addresses
        node mask       /64                         2^64 addresses a node
        Calico block    /122                        64 addresses a block, 2^66 blocks
        service range   fd2d:7116:42b7:ffff::/112   65,536 addresses

        --cluster-cidr=fd2d:7116:42b7::/56
        --service-cluster-ip-range=fd2d:7116:42b7:ffff::/112
        --node-cidr-mask-size-ipv6=64
      "
    `)
    const [one, other] = [await cidr('suggest'), await cidr('suggest')]
    expect(one.stdout).not.toBe(other.stdout)
  })

  it('chooses for a cluster what its plan would choose, beside its own ranges', async () => {
    const report = await json<SuggestReport>('suggest', '--from', sample)
    const plan = JSON.parse((await run(['plan', '--from', sample, '-o', 'json'])).stdout) as {
      goal: { pods: object; services: object; nodeMask: object; blockSize: object }
    }
    expect(plan.goal).toMatchObject({
      pods: { IPv6: report.pods },
      services: { IPv6: report.services },
      nodeMask: { IPv6: report.nodeMask },
      blockSize: { IPv6: report.blockSize },
    })
    expect(report.flags['--cluster-cidr']).toBe(`10.244.0.0/16,${report.pods}`)
    expect(report.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  }, 60_000)

  it('stays apart from what the cluster has, also in the family that it has', async () => {
    const { pods, services, set } = await json<SuggestReport>('suggest', '--from', sample, '--family', 'IPv4')
    expect({ pods, services, set }).toEqual({
      pods: '10.244.0.0/16',
      services: '10.96.0.0/16',
      set: ['pods', 'services'],
    })
  })

  it('refuses a prefix without room', async () => {
    const { exitCode, stderr } = await cidr('suggest', '--inside', '2001:db8::/126')
    expect(exitCode).toBe(3)
    expect(stderr).toContain('2001:db8::/126 has no free room for pods')
  })

  it('gives what check finds no error in, for any number of nodes', async () => {
    for (const nodes of ['1', '100', '5000', '9000']) {
      const { pods, services, nodeMask, blockSize } = await json<SuggestReport>('suggest', '--nodes', nodes)
      const found = await breaks(
        '--cluster-cidr',
        pods,
        '--service-cluster-ip-range',
        services,
        '--nodes',
        nodes,
        '--node-cidr-mask-size-ipv6',
        String(nodeMask),
        '--block-size',
        String(blockSize),
      )
      expect(
        found.filter(line => !line.startsWith('info')),
        nodes,
      ).toEqual([])
    }
  })
})

describe('cidr check gives the verdict on values that how-to pages use', () => {
  test('10.96.0.0/12 does not end at 10.96.255.255', async () => {
    expect(await json<Shown[]>('show', '10.96.0.0/12')).toMatchObject([{ last: '10.111.255.255' }])
  })

  test('API server and controller manager must have the same service ranges', async () => {
    const found = await breaks(
      '--service-cluster-ip-range',
      '10.96.0.0/12,fc00::/108',
      '--controller-manager-service-cluster-ip-range',
      '10.96.0.0/12,fc00::4:0:0/94',
    )
    expect(found).toContain(
      'error range-pair/services-differ kube-controller-manager: "10.96.0.0/12,fc00::4:0:0/94": kube-apiserver has "10.96.0.0/12,fc00::/108" in --service-cluster-ip-range',
    )
    // The range of the controller manager is judged by itself too.
    expect(found.join('\n')).toContain('service range fc00::4:0:0/94: /94 leaves 34 host bits')
  })

  test('a service range of /94: the API server refuses it up to 1.33, kubeadm in every version', async () => {
    const { findings } = await json<CheckReport>(
      'check',
      '--service-cluster-ip-range',
      '10.96.0.0/12,fd10::/94',
    )
    const errors = findings.filter(({ severity }) => severity === 'error')
    const versions = (rule: string) => errors.filter(one => one.rule === rule).flatMap(one => one.versions)
    expect(versions('api-server-flags/service-range-too-large').at(-1)).toBe('1.33')
    expect(versions('kubeadm-config/service-subnet-too-large')).toHaveLength(15)
    expect(
      errors
        .filter(({ rule }) => rule === 'service-range/too-large')
        .map(({ message, versions: [first, ...rest] }) => [message, first, rest.at(-1)]),
    ).toEqual([
      [expect.stringContaining('the API server does not start, and kubeadm refuses it'), '1.23', '1.33'],
      [
        expect.stringContaining('kubeadm refuses it, though the API server takes it since 1.34'),
        '1.34',
        '1.37',
      ],
    ])
  })

  test('fc00::/8: RFC 4193 leaves it undefined', async () => {
    expect((await breaks('--cluster-cidr', '10.244.0.0/16,fc00::/48')).join('\n')).toContain(
      'warning ula/undefined pod range fc00::/48: RFC 4193 leaves fc00::/8 undefined; a unique local prefix begins with fd and 40 random bits',
    )
  })

  test('94 to 108 is allowed and unusual; the IPv4 range must be what the cluster runs', async () => {
    const words = [
      '--cluster-cidr',
      '10.128.0.0/12,fd10::8:0:0/94',
      '--node-cidr-mask-size-ipv4',
      '24',
      '--node-cidr-mask-size-ipv6',
      '108',
    ]
    const found = await breaks(...words)
    expect(found.filter(line => line.startsWith('error'))).toEqual([])
    expect(found).toContain(
      'info node-mask/unusual node mask /108: 94 to 108 is 14 bits, which is allowed; 64 with a range of /48 to /63, or 112 to 120, are usual',
    )
    expect(await breaks(...words, '--from', sample)).toContain(
      'error running-range/pods pod range 10.128.0.0/12: the cluster runs 10.244.0.0/16 for IPv4, which cannot be changed on the way',
    )
  })

  test('nothing about --node-ip: the node stays single', async () => {
    const found = await breaks('--cluster-cidr', '10.244.0.0/16,fd10::/56', '--node-ip', 'n1=10.0.0.11')
    expect(found).toContain('error node-address/missing Node n1: it has no address of IPv6')
  })

  test('nothing about kubeadm-config: a rule of its own says what the next upgrade does', async () => {
    const { exitCode, stdout } = await run(['explain', 'left-behind/upgrade-takes-it-back'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('kubeadm upgrade writes the manifests anew')
  })

  test('nothing about existing pods, Services and DNS: the plan has a stage for each', async () => {
    const { steps } = JSON.parse((await run(['plan', '--from', sample, '-o', 'json'])).stdout) as {
      steps: { stage: string }[]
    }
    expect(steps.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['workloads-dns', 'workloads', 'services', 'dns']) as string[],
    )
  }, 60_000)

  test('a pair that fits has no error in any version', async () => {
    const { exitCode, stdout } = await cidr(
      'check',
      '--service-cluster-ip-range',
      '10.96.0.0/12,fd2d:7116:42b7:ffff::/112',
      '--cluster-cidr',
      '10.244.0.0/16,fd2d:7116:42b7::/56',
      '--block-size',
      '26,122',
    )
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^fits Kubernetes 1\.23–1\.37: no error, 0 warnings; \d+ rules kept/m)
  })

  test('a cluster as it is has no error', async () => {
    expect(await cidr('check', '--from', sample)).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

describe('cidr check and malformed texts', () => {
  const texts = [
    '',
    ' ',
    ',',
    ',,',
    'abc',
    '10.96.0.0',
    '10.96.0.0/',
    '/12',
    '10.96.0.0/033',
    '10.96.0.0/+12',
    '10.96.0.0/12,',
    '10.096.0.0/12',
    '10.96.0.0/12, fd00::/112',
    'fe80::%eth0/64',
    '::ffff:10.0.0.0/104',
    'fd00::/129',
    '-1',
    'fd00::/112,fd01::/112',
    'a,b,c,d',
    '10.96.0.0/12;fd00::/112',
    '\u0000',
    '[fd00::]/112',
    '1e9/2',
    '\u202Efd00::/112',
  ]
  it.each(texts)('says what is wrong with %j, as each of the values', async text => {
    for (const option of [
      '--service-cluster-ip-range',
      '--cluster-cidr',
      '--controller-manager-service-cluster-ip-range',
      '--kube-proxy-cluster-cidr',
    ]) {
      const beside = option === '--cluster-cidr' ? [] : ['--cluster-cidr', '10.244.0.0/16']
      const { exitCode, stdout, stderr } = await cidr(
        'check',
        `${option}=${text}`,
        ...beside,
        '--kubernetes',
        '1.36',
      )
      // A controller manager that cannot read its second service range goes on without it, and says so.
      const goesOn = option.startsWith('--controller') && text.includes(', ')
      expect({ exitCode, stderr }, option).toEqual({ exitCode: goesOn ? 0 : 8, stderr: '' })
      expect(stdout).toMatch(goesOn ? /^warning:/m : /^error:/m)
    }
  })

  it.each(['x', '', '-1', '64.5', '129', '9999999999', '0x40', ' 64'])(
    'says that %j is no mask',
    async text => {
      const found = await breaks('--cluster-cidr', 'fd10::/56', `--node-cidr-mask-size-ipv6=${text}`)
      expect(found.filter(line => line.startsWith('error')).length).toBeGreaterThan(0)
    },
  )

  it.each(['x', '', '200', '64', '122.5'])('says that %j is no block size', async text => {
    const found = await breaks('--cluster-cidr', 'fd10::/56', `--block-size=${text}`)
    if (text === '') expect(found.join('\n')).not.toContain('block-size')
    else expect(found.join('\n')).toContain('error block-size/out-of-bounds')
  })

  it.each(['x', 'n1=', 'n1=fe80::1%eth0', '=', '10.0.0.300'])(
    'says that --node-ip %j is no address',
    async text => {
      const found = await breaks('--cluster-cidr', 'fd10::/56', `--node-ip=${text}`)
      expect(found.join('\n')).toContain('error node-address/unusable')
    },
  )
})
