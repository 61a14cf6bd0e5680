import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { object, fakeWorld, smallCluster } from '../observe/testing.ts'
import { commands } from './registry.ts'
import { run } from './testing.ts'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'cli-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const put = async (path: string, content: unknown): Promise<void> => {
  await mkdir(dirname(join(cwd, path)), { recursive: true })
  await writeFile(join(cwd, path), typeof content === 'string' ? content : JSON.stringify(content))
}
const bundle = async (): Promise<void> => {
  await put('b/version.json', { serverVersion: { gitVersion: 'v1.36.3' } })
  await put('b/objects/v1/namespaces.json', { items: [object('kube-system')] })
  await put('b/objects/v1/nodes.json', { items: [] })
  await put('b/objects/v1/pods.json', { items: [] })
  await put('b/objects/v1/configmaps.json', { items: [] })
  // The cluster of this bundle serves no group but the core one.
  await put('b/objects/apis.json', { groups: [] })
  await put('b/objects/v1/services.json', {
    items: [
      object('web', 'shop', {
        spec: {
          type: 'ClusterIP',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          clusterIP: '10.96.0.9',
          clusterIPs: ['10.96.0.9'],
          selector: { app: 'web' },
        },
      }),
      object('api', 'shop', {
        spec: {
          type: 'ClusterIP',
          ipFamilies: ['IPv4', 'IPv6'],
          ipFamilyPolicy: 'PreferDualStack',
          clusterIP: '10.96.0.8',
          clusterIPs: ['10.96.0.8', 'fd00::8'],
          selector: { app: 'api' },
        },
      }),
    ],
  })
}
const world = (fake = smallCluster(), closed = { times: 0 }) => ({
  openWorld: async () => ({ world: fakeWorld(fake), close: async () => void closed.times++ }),
})

describe('the command line', () => {
  it('without a command shows all commands', async () => {
    const { exitCode, stdout, stderr } = await run([])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const { name } of commands) expect(stdout).toMatch(new RegExp(`^  ${name.split(' ')[0]}\\b`, 'm'))
    expect((await run(['--help'])).stdout).toBe(stdout)
    expect((await run(['help'])).stdout).toBe(stdout)
  })

  it('knows its version', async () => {
    expect(await run(['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    })
  })

  it.each(commands.map(command => command.name))('%s teaches by examples that it understands', async name => {
    const { exitCode, stdout } = await run([...name.split(' '), '--help'])
    expect(exitCode).toBe(0)
    const command = commands.find(candidate => candidate.name === name)
    expect(command?.examples.length).toBeGreaterThan(0)
    for (const example of command?.examples ?? []) expect(stdout).toContain(example.command)
  })

  it('teaches what status does', async () => {
    expect((await run(['status', '--help'])).stdout).toMatchInlineSnapshot(`
      "Usage: dualstack status [options]

      Shows one row for each layer of the cluster: what files and objects say, and what runs, in each IP
      family. Changes nothing. A node that cannot be reached is named, and the rest is shown.

      Cluster:
        --from <DIR>                   read a bundle that \`dualstack snapshot\` wrote, not a live cluster
        --kubeconfig <FILE>            kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)
        --context <NAME>               context of the kubeconfig
        --node-access <ssh|pod|local>  how the nodes are reached: ssh; a privileged pod on each; or this
                                       machine is the only node (default: ssh)
        --ssh-config <FILE>            ssh configuration file (default: yours)
        --ssh-user <USER>              user on the nodes; root, or one who may sudo without a password
        --ssh-identity <FILE>          private key for ssh
        --ssh-destination <TEMPLATE>   whom ssh is told to reach, from {address} and {name} (default:
                                       '{address}')

      Options:
        -o, --output <text|json>       what is printed (default: text)
        --exit-code                    end with 7 unless every row is dual-stack, for scripts
        -h, --help                     print help

      Examples:
        kubectl dualstack status               # the cluster of your kubeconfig
        dualstack status --from bundle/        # a bundle
        dualstack status -o json --exit-code   # for a script
      "
    `)
  })

  it.each([
    [['statsu'], "error: unknown command 'statsu'\nhint: did you mean status?\n"],
    [['frobnicate'], "error: unknown command 'frobnicate'\n"],
    [['status', '--form', 'x'], "error: unknown option '--form'\nhint: did you mean --from?\n"],
    [['plan', '--to', 'dul'], "error: --to does not know 'dul'\nhint: It knows dual, single.\n"],
    [
      ['plan', '--include', 'jobs,pods'],
      "error: --include does not know 'pods'\nhint: It knows bare-pods, jobs, on-delete, headless, load-balancers.\n",
    ],
    [['status', '--output', 'yaml'], "error: --output does not know 'yaml'\nhint: It knows text, json.\n"],
    [['status', '--from'], "error: option '--from <DIR>' argument missing\n"],
    [['status', 'extra'], "error: too many arguments for 'status'. Expected 0 arguments but got 1.\n"],
    [['snapshot'], "error: missing required argument 'folder'\n"],
    [
      ['--context', 'x', 'status'],
      "error: unknown option '--context'\nhint: options stand after the command: dualstack COMMAND --context …\n",
    ],
    [
      ['status', '--from', 'b', '--context', 'x'],
      'error: --from reads a bundle, and does not go together with options for a live cluster\nhint: Leave --from out, or the others.\n',
    ],
    [
      ['status', '--from', ''],
      'error: --from names no folder\nhint: Name the folder that `dualstack snapshot` wrote.\n',
    ],
    [
      ['complete', 'tcsh'],
      "error: no completion for 'tcsh'\nhint: Name one of bash, zsh, fish, powershell.\n",
    ],
  ])('refuses %j with exit code 2, and says how to mend it', async (argv, stderr) => {
    expect(await run(argv, { cwd })).toEqual({ exitCode: 2, stdout: '', stderr })
  })

  it('says a bug is one, with its stack and exit code 1', async () => {
    const openWorld = () => Promise.reject(new TypeError('undefined is not a cluster'))
    const { exitCode, stderr } = await run(['status'], { openWorld })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error: TypeError: undefined is not a cluster\n {4}at [\s\S]*hint: This is a bug/)
  })

  it('gives an error as JSON too, on one line, where JSON was asked for', async () => {
    const { exitCode, stdout, stderr } = await run(['status', '-o', 'json', '--from', 'missing'], { cwd })
    expect({ exitCode, out: JSON.parse(stdout) as unknown }).toEqual({
      exitCode: 2,
      out: {
        apiVersion: 'dualstack/v1',
        kind: 'Error',
        code: 'usage',
        message: `cannot open the bundle ${join(cwd, 'missing')}: no such file or folder`,
        hint: 'Name the folder that `dualstack snapshot` wrote.',
      },
    })
    expect(stdout.split('\n')).toHaveLength(2)
    expect(stderr).toContain('error: cannot open the bundle')
  })

  it('paints only for a terminal that wants it', async () => {
    await bundle()
    const argv = ['status', '--from', 'b']
    const escape = '\u001B['
    expect((await run(argv, { cwd, tty: true })).stdout).toContain(escape)
    expect((await run(argv, { cwd })).stdout).not.toContain(escape)
    expect((await run(argv, { cwd, tty: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(escape)
    expect((await run(argv, { cwd, tty: true, env: { TERM: 'dumb' } })).stdout).not.toContain(escape)
    expect((await run(argv, { cwd, env: { FORCE_COLOR: '1' } })).stdout).toContain(escape)
  })
})

describe('dualstack status', () => {
  it('shows a bundle', async () => {
    await bundle()
    expect(await run(['status', '--from', 'b'], { cwd })).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "SUBJECT    IPV4     IPV6     STATE
      pods       -        -        unknown
      Services   2 of 2   1 of 2   partly dual-stack

      partly dual-stack: cluster uid--kube-system, Kubernetes v1.36.3
      0 of 1 row dual-stack; not: Services
      ",
      }
    `)
  })

  it('gives the same as JSON, and 7 when asked whether all is dual-stack', async () => {
    await bundle()
    const { exitCode, stdout, stderr } = await run(['status', '--from', 'b', '-o', 'json', '--exit-code'], {
      cwd,
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      cluster: 'uid--kube-system',
      version: 'v1.36.3',
      verdict: 'partly dual-stack',
    })
  })

  it('shows the rest of a live cluster when a node is away, and closes what it opened', async () => {
    const fake = smallCluster()
    fake.away.add('n2')
    const closed = { times: 0 }
    const { exitCode, stdout } = await run(['status'], world(fake, closed))
    expect(exitCode).toBe(0)
    expect(stdout).toContain('nodes/n2: node n2: connection timed out')
    expect(closed.times).toBe(1)
  })

  it('says on Ctrl-C what that means', async () => {
    const stop = new AbortController()
    stop.abort(new Error('interrupted'))
    const closed = { times: 0 }
    const ran = await run(['status'], { ...world(smallCluster(), closed), signal: stop.signal })
    expect(ran).toEqual({
      exitCode: 6,
      stdout: '',
      stderr: 'error: interrupted\nhint: Nothing was changed: status only reads.\n',
    })
    expect(closed.times).toBe(1)
  })
})

describe('dualstack snapshot', () => {
  it('writes a bundle that status reads, and says where', async () => {
    const ran = await run(['snapshot', 'new'], { cwd, ...world() })
    expect(ran).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "written to new: 8 objects (2 pods), 2 nodes (n1 and n2), Kubernetes v1.36.3

      Look at it with: dualstack status --from new
      ",
      }
    `)
    expect(await readdir(cwd)).toEqual(['new'])
    expect((await run(['status', '--from', 'new'], { cwd })).exitCode).toBe(0)
  })

  it('stops at a node that is away, leaves nothing, and can be told to go on', async () => {
    const fake = smallCluster()
    fake.away.add('n2')
    expect(await run(['snapshot', 'new'], { cwd, ...world(fake) })).toEqual({
      exitCode: 4,
      stdout: '',
      stderr:
        'error: 1 of 2 nodes cannot be reached:\n  n2: connection timed out\nhint: Try `ssh` by hand.\n',
    })
    expect(await readdir(cwd)).toEqual([])
    expect((await run(['snapshot', 'new', '--skip-unreachable'], { cwd, ...world(fake) })).exitCode).toBe(0)
  })

  it('does not write into a folder of somebody else', async () => {
    await put('mine/file', 'x')
    expect(await run(['snapshot', 'mine'], { cwd, ...world() })).toMatchObject({ exitCode: 2, stdout: '' })
    expect(await readdir(join(cwd, 'mine'))).toEqual(['file'])
  })
})

describe('dualstack plan', () => {
  const ready = async (): Promise<void> => {
    await bundle()
    const env = [
      {
        name: 'CNI_NETWORK_CONFIG',
        valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'cni_network_config' } },
      },
    ]
    await put('b/objects/apps/v1/daemonsets.json', {
      items: [
        object('calico-node', 'kube-system', {
          spec: {
            template: {
              spec: {
                initContainers: [{ name: 'install-cni', env }],
                containers: [{ name: 'calico-node', env: [{ name: 'IP', value: 'autodetect' }] }],
              },
            },
          },
        }),
      ],
    })
    await put(
      'b/objects/v1/configmaps/kube-system.calico-config.json',
      object('calico-config', 'kube-system', {
        data: {
          calico_backend: 'bird',
          cni_network_config:
            '{\n  "plugins": [\n    {\n      "type": "calico",\n      "ipam": {\n        "type": "calico-ipam"\n      }\n    }\n  ]\n}',
        },
      }),
    )
  }
  const withRanges = async (): Promise<void> => {
    await ready()
    const ClusterConfiguration =
      'kind: ClusterConfiguration\nnetworking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/16\n'
    await put(
      'b/objects/v1/configmaps/kube-system.kubeadm-config.json',
      object('kubeadm-config', 'kube-system', { data: { ClusterConfiguration } }),
    )
  }

  it('refuses a cluster whose ranges nobody tells, with exit code 3', async () => {
    await ready()
    const { exitCode, stdout, stderr } = await run(['plan', '--from', 'b'], { cwd })
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr).toMatch(/^error: .*service range.*\nhint: /)
  })

  it('shows the plan of a bundle with the ranges that were asked for, and saves it once', async () => {
    await withRanges()
    const argv = [
      'plan',
      '--from',
      'b',
      '--pods',
      'fd10:1::/56',
      '--services',
      'fd10:2::/112',
      '--save',
      'plan.json',
    ]
    const { exitCode, stdout, stderr } = await run(argv, { cwd })
    expect(stderr).toBe('saved to plan.json\n')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('fd10:1::/56 is added (you named it)')
    const saved = await readFile(join(cwd, 'plan.json'), 'utf8')
    expect(JSON.parse(saved)).toMatchObject({
      apiVersion: 'dualstack/v1',
      cluster: 'uid--kube-system',
      direction: 'dual',
    })
    expect(await run(argv, { cwd })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('is there already') as string,
    })
    expect(await readFile(join(cwd, 'plan.json'), 'utf8')).toBe(saved)
  })

  it.each([
    [['--node-mask', 'wide'], /--node-mask wide is not a prefix length/],
    [['--node-address', 'n1'], /--node-address n1 is not NODE=IP/],
    [['--node-address', 'n1=fd00::x'], /"fd00::x" is not an IP address/],
    [['--node-address', 'n1=fd00::1', '--node-address', 'n1=fd00::2'], /names two IPv6 addresses for n1/],
    [['--pods', '10.0.0.0/8'], /10\.0\.0\.0\/8/],
    [['--pods', 'fd00::1/64'], /fd00::1\/64/],
  ])('refuses %j with exit code 2', async (words, message) => {
    await withRanges()
    const { exitCode, stdout, stderr } = await run(['plan', '--from', 'b', ...words], { cwd })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})
