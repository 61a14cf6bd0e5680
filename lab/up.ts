import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Artifacts, ensureArtifacts } from './build/index.ts'
import type { Extra } from './build/services.ts'
import { configureBridge } from './cni/bridge.ts'
import { calicoManifest } from './cni/calico.ts'
import { applyExtras, extrasReady } from './extras/index.ts'
import { prepareHost } from './host.ts'
import { init, joinCluster } from './kubeadm.ts'
import { kubectl, podCIDRs } from './kubectl.ts'
import {
  createRouter,
  hostsFile,
  namespaces,
  nodeAddresses,
  recordFile,
  router,
  upRecord,
} from './network.ts'
import { boot } from './node/boot.ts'
import { createCgroup } from './node/cgroup.ts'
import { linkOrCopy, prepareBase, prepareDisk, seedImages } from './node/files.ts'
import { startAdvertising, startLoadBalancer, startNameServer, startServers } from './outside.ts'
import { type Log, type Phase, phases } from './phases.ts'
import { identify, writeRecord } from './process.ts'
import { LabError, until } from './shell.ts'
import { makeKey, writeSshConfig } from './ssh.ts'
import {
  type Advertised,
  type LabState,
  checkName,
  freeInstance,
  labDir,
  locked,
  readLab,
  stateRoot,
  writeLab,
} from './state.ts'
import { forgetUntranslated } from './untranslated.ts'
import { workload } from './workload/index.ts'

export interface UpOptions {
  name?: string
  controlPlanes?: number
  workers?: number
  kubernetes?: '1.36'
  cni?: 'calico' | 'bridge'
  /** The sample workload; default true. */
  workload?: boolean
  /** What is built and brought up only when asked for. */
  extras?: readonly Extra[]
  /** Nodes take their IPv6 default route, or their address too, from router advertisements; default: both are static. */
  advertised?: Advertised
  log?: Log
}

/** Brings a lab up: machines, kubeadm, CNI, workload. Returns when all of it is ready. */
export async function up(options: UpOptions = {}): Promise<LabState> {
  const log = options.log ?? (() => undefined)
  const phase = phases(log)
  if (process.getuid?.() !== 0)
    throw new LabError('the lab needs root', { hint: 'namespaces, mounts: run it with sudo' })
  const artifacts = await phase('packages, binaries, images', () =>
    ensureArtifacts(
      {
        kubernetes: options.kubernetes ?? '1.36',
        extras: options.extras,
        radvd: options.advertised !== undefined,
      },
      log,
    ),
  )
  const lab = await create(options)
  try {
    return await bringUp(lab, artifacts, phase)
  } finally {
    await rm(recordFile(lab.name, upRecord), { force: true })
  }
}

async function bringUp(lab: LabState, artifacts: Artifacts, phase: Phase): Promise<LabState> {
  const { nodes } = lab
  const publicKey = await phase(`network, instance ${lab.instance}`, async () => {
    await Promise.all(
      (await readdir(artifacts.bin)).map(name => linkOrCopy(join(artifacts.bin, name), join(lab.bin, name))),
    )
    await createCgroup(lab.name, 'outside')
    await createRouter(lab)
    await prepareBase(lab, { pause: artifacts.refs['pause'] ?? '', hosts: hostsFile(lab) })
    if (isHA(lab)) await startLoadBalancer(lab)
    await Promise.all([
      startServers(lab),
      startNameServer(lab),
      artifacts.radvd === undefined ? undefined : startAdvertising(lab, artifacts.radvd),
    ])
    return makeKey(lab)
  })
  await phase(`${nodes.length} nodes booted, with images`, async () => {
    await Promise.all(
      nodes.map(async node => {
        await prepareDisk(lab, node, publicKey)
        seedImages(lab, node, await artifacts.seed(node.role))
        await boot(lab, node)
      }),
    )
    await writeSshConfig(lab)
  })

  const first = nodes[0]
  if (!first) throw new LabError('a lab without nodes', { hint: '--control-planes 1' })
  const secrets = await phase(`kubeadm init on ${first.name}`, () => init(lab, first, artifacts.kubernetes))
  const others = nodes.slice(1)
  const isExtended = (lab.extras ?? []).length > 0
  await Promise.all([
    phase(`${lab.cni} applied`, () => applyCni(lab, artifacts.calicoManifest)),
    lab.workload
      ? phase('workload applied', async () => applyWorkload(lab, await workload(artifacts.refs)))
      : undefined,
    isExtended ? phase('extras applied', () => applyExtras(lab, artifacts)) : undefined,
    // etcd takes one learner at a time.
    (async () => {
      for (const node of others.filter(each => each.role === 'control-plane')) {
        await phase(`${node.name} joined as a control plane`, () => joinCluster(lab, node, secrets))
      }
    })(),
    ...others
      .filter(node => node.role === 'worker')
      .map(node => phase(`${node.name} joined`, () => joinCluster(lab, node, secrets))),
  ])
  if (lab.cni === 'bridge') await phase('pod routes', async () => configureBridge(lab, await podCIDRs(lab)))
  await phase('all nodes Ready', () =>
    kubectl(lab, ['wait', '--for=condition=Ready', 'node', '--all', '--timeout=180s']),
  )
  if (nodes.every(node => node.role === 'control-plane')) {
    const taint = 'node-role.kubernetes.io/control-plane:NoSchedule-'
    await phase('control planes take pods', () => kubectl(lab, ['taint', 'nodes', '--all', taint]))
    // No load balancer would send anything to them.
    await kubectl(lab, [
      'label',
      'nodes',
      '--all',
      'node.kubernetes.io/exclude-from-external-load-balancers-',
    ])
  }
  const rollouts = [
    ['-n', 'kube-system', 'deployment/coredns'],
    ['-n', 'kube-system', 'daemonset/kube-proxy'],
    ...(lab.cni === 'calico'
      ? [
          ['-n', 'kube-system', 'daemonset/calico-node'],
          ['-n', 'kube-system', 'deployment/calico-kube-controllers'],
        ]
      : []),
  ]
  await phase('system pods ready', () =>
    Promise.all(rollouts.map(what => kubectl(lab, ['rollout', 'status', '--timeout=180s', ...what]))),
  )
  if (lab.workload) {
    await phase('workload ready', () =>
      Promise.all(
        ['demo', 'data', 'ops'].map(namespace =>
          kubectl(lab, [
            '-n',
            namespace,
            'wait',
            '--for=condition=Ready',
            'pod',
            '-l',
            notOfJobs,
            '--timeout=180s',
          ]),
        ),
      ),
    )
  }
  if (isExtended) await phase('extras ready', () => extrasReady(lab))
  await phase('connections from before kube-proxy forgotten', () => forgetUntranslated(lab))
  await writeLab({ ...lab, ready: true })
  return { ...lab, ready: true }
}

/** A job's pod may have ended by now. */
const notOfJobs = '!batch.kubernetes.io/job-name'

const isHA = (lab: LabState): boolean => lab.nodes.filter(node => node.role === 'control-plane').length > 1

async function applyCni(lab: LabState, manifest: string): Promise<void> {
  if (lab.cni === 'calico')
    await kubectl(lab, ['create', '-f', '-'], { input: await calicoManifest(manifest) })
}

async function applyWorkload(lab: LabState, input: string): Promise<void> {
  // A pod made by hand is refused until its namespace's service account is there, which takes a moment.
  const accounts = 'error looking up service account'
  await until('the default service accounts of the workload', 30_000, () =>
    kubectl(lab, ['apply', '-f', '-'], { input }).then(
      () => true,
      error => {
        if (String(error).includes(accounts)) return undefined
        throw error
      },
    ),
  )
}

/** Chooses what is the lab's own, and writes it down before anything is made. */
async function create(options: UpOptions): Promise<LabState> {
  const name = checkName(options.name ?? 'lab')
  const controlPlanes = options.controlPlanes ?? 1
  const workers = options.workers ?? 1
  if (controlPlanes < 1 || workers < 0 || controlPlanes + workers > 50) {
    throw new LabError(`${controlPlanes} control planes and ${workers} workers`, {
      hint: 'at least 1 control plane, at most 50 nodes',
    })
  }
  return locked(async () => {
    const there = await readLab(name)
    if (there || existsSync(labDir(name))) {
      throw new LabError(
        `there is a lab named ${name} already${there?.ready === false ? ', not completely up' : ''}`,
        {
          hint: `npm run lab -- down --name ${name}, or choose another --name`,
        },
      )
    }
    if ((await namespaces(name)).length > 0) {
      throw new LabError(
        `there are namespaces of a lab named ${name}, whose state is not below ${stateRoot()}`,
        {
          hint: `is it another user's? Otherwise npm run lab -- down --name ${name}`,
        },
      )
    }
    const instance = await freeInstance()
    const nodes = Array.from({ length: controlPlanes + workers }, (_, index) => ({
      name: `n${index + 1}`,
      role: index < controlPlanes ? ('control-plane' as const) : ('worker' as const),
      ...nodeAddresses(instance, index + 1, options.advertised),
      machineId: randomBytes(16).toString('hex'),
    }))
    const apiServer = controlPlanes > 1 ? router(instance).ipv4 : nodeAddresses(instance, 1).ipv4
    const dir = labDir(name)
    for (const folder of ['bin', 'run', 'log', 'nodes']) await mkdir(join(dir, folder), { recursive: true })
    const lab: LabState = {
      name,
      instance,
      kubernetes: options.kubernetes ?? '1.36',
      cni: options.cni ?? 'calico',
      workload: options.workload ?? true,
      extras: options.extras,
      advertised: options.advertised,
      nodes,
      bin: join(dir, 'bin'),
      server: `${apiServer}:6443`,
      ready: false,
    }
    const me = identify(process.pid)
    if (me) await writeRecord(recordFile(name, upRecord), me)
    await writeLab(lab)
    await prepareHost()
    return lab
  })
}
