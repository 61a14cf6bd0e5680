import { X509Certificate, createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { exec, execMust } from './exec.ts'
import { cgroupDriver, cgroupVersion } from './node/cgroup.ts'
import { LabError } from './shell.ts'
import { type LabState, type NodeState, labDir } from './state.ts'

const podSubnet = '10.244.0.0/16'
const serviceSubnet = '10.96.0.0/16'

/** What joining nodes need to know. */
export interface JoinSecrets {
  token: string
  caCertHash: string
  certificateKey: string
}

const documents = (...all: object[]): string => all.map(each => stringify(each)).join('---\n')

/** Single-stack, as people have it: the node's IPv4 address alone, though eth0 has both families. */
const registration = (node: NodeState) => ({
  name: node.name,
  criSocket: 'unix:///run/containerd/containerd.sock',
  kubeletExtraArgs: [{ name: 'node-ip', value: node.ipv4 }],
})

function initConfig(lab: LabState, node: NodeState, version: string, secrets: JoinSecrets): string {
  return documents(
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      bootstrapTokens: [{ token: secrets.token, ttl: '24h0m0s', usages: ['signing', 'authentication'] }],
      certificateKey: secrets.certificateKey,
      localAPIEndpoint: { advertiseAddress: node.ipv4, bindPort: 6443 },
      nodeRegistration: registration(node),
    },
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      kubernetesVersion: version,
      clusterName: lab.name,
      controlPlaneEndpoint: 'cp.lab:6443',
      apiServer: { certSANs: [...new Set([host(lab.server), ...lab.nodes.map(each => each.ipv4)])] },
      networking: { podSubnet, serviceSubnet },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: cgroupDriver(),
      ...(cgroupVersion() === 1 ? { failCgroupV1: false } : {}),
      failSwapOn: false,
      // All nodes share the host's disk and memory: its being full is not a node's pressure.
      imageGCHighThresholdPercent: 100,
      evictionHard: {
        'memory.available': '50Mi',
        'nodefs.available': '1%',
        'imagefs.available': '1%',
        'nodefs.inodesFree': '1%',
      },
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'iptables',
      // nf_conntrack_max belongs to the host.
      conntrack: { maxPerCore: 0, min: 0 },
    },
  )
}

function joinConfig(node: NodeState, secrets: JoinSecrets): string {
  return documents({
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'JoinConfiguration',
    discovery: {
      bootstrapToken: {
        token: secrets.token,
        apiServerEndpoint: 'cp.lab:6443',
        caCertHashes: [secrets.caCertHash],
      },
    },
    nodeRegistration: registration(node),
    ...(node.role === 'control-plane'
      ? {
          controlPlane: {
            localAPIEndpoint: { advertiseAddress: node.ipv4, bindPort: 6443 },
            certificateKey: secrets.certificateKey,
          },
        }
      : {}),
  })
}

const host = (server: string): string => server.slice(0, server.lastIndexOf(':'))

/** Runs kubeadm in a node; all it says goes to log/kubeadm-NODE.log. */
async function kubeadm(lab: LabState, node: NodeState, config: string, ...args: string[]): Promise<void> {
  await execMust(lab, node.name, ['tee', '/etc/kubernetes/kubeadm.yaml'], { input: config })
  const command = ['kubeadm', ...args, '--config', '/etc/kubernetes/kubeadm.yaml']
  // SystemVerification refuses cgroup v1 hosts.
  const result = await exec(lab, node.name, [...command, '--ignore-preflight-errors=SystemVerification'], {
    timeoutMs: 300_000,
  })
  const log = join(labDir(lab.name), 'log', `kubeadm-${node.name}.log`)
  await writeFile(log, `${result.stdout}\n${result.stderr}`)
  if (result.code === 0) return
  const said = result.stderr.trim().split('\n').slice(-6).join('\n')
  throw new LabError(`kubeadm ${args[0]} failed on ${node.name}: ${said}`, {
    hint: `all it said is in ${log}; kubelet: npm run lab -- exec ${node.name} --name ${lab.name} -- journalctl -u kubelet`,
  })
}

/** Makes the first control plane, writes the lab's kubeconfig, and returns what others need to join. */
export async function init(lab: LabState, node: NodeState, version: string): Promise<JoinSecrets> {
  const secrets = {
    token: `${randomBytes(3).toString('hex')}.${randomBytes(8).toString('hex')}`,
    caCertHash: '',
    certificateKey: randomBytes(32).toString('hex'),
  }
  const isHA = lab.nodes.filter(each => each.role === 'control-plane').length > 1
  const config = initConfig(lab, node, version, secrets)
  await kubeadm(lab, node, config, 'init', ...(isHA ? ['--upload-certs'] : []))
  const ca = new X509Certificate(await execMust(lab, node.name, ['cat', '/etc/kubernetes/pki/ca.crt']))
  const spki = ca.publicKey.export({ type: 'spki', format: 'der' })
  secrets.caCertHash = `sha256:${createHash('sha256').update(spki).digest('hex')}`
  const admin = await execMust(lab, node.name, ['cat', '/etc/kubernetes/admin.conf'])
  const kubeconfig = admin.replace('https://cp.lab:6443', `https://${lab.server}`)
  await writeFile(join(labDir(lab.name), 'kubeconfig'), kubeconfig, { mode: 0o600 })
  return secrets
}

export async function joinCluster(lab: LabState, node: NodeState, secrets: JoinSecrets): Promise<void> {
  await kubeadm(lab, node, joinConfig(node, secrets), 'join')
}
