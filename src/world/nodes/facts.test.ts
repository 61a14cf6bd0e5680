import { readdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sysctlKey } from './facts.ts'
import { FakeNode, shells } from './testing/node.ts'

const addresses = JSON.stringify([
  {
    ifname: 'eth0',
    addr_info: [
      { family: 'inet', local: '10.0.0.1', prefixlen: 24, scope: 'global', label: 'eth0' },
      { family: 'inet6', local: 'fd00::1', prefixlen: 64, scope: 'global', dynamic: true, mngtmpaddr: true },
    ],
  },
])

describe.each(shells)('facts of a node, under $name', ({ argv, there }) => {
  let node: FakeNode
  beforeEach(() => {
    node = new FakeNode(argv)
  })
  afterEach(() => node.remove())

  test.skipIf(!there)('files come as they are, whatever is in them', async () => {
    const odd = 'a\r\n\tß€ `id` $(id) \\n "\'\n\n'
    node.put('/etc/odd name;$x', odd, 0o640)
    node.put('/etc/sysctl.d/10-b.conf', 'b')
    node.put('/etc/sysctl.d/20-a.conf', '')
    node.put('/etc/sysctl.d/skip', 'x')
    const read = {
      files: ['/etc/odd name;$x', '/none', '/etc'],
      patterns: ['/etc/sysctl.d/*.conf', '/etc/none.d/*'],
    }
    const { files } = await node.access.facts('n1', read)
    expect(Object.keys(files).sort()).toEqual([
      '/etc/odd name;$x',
      '/etc/sysctl.d/10-b.conf',
      '/etc/sysctl.d/20-a.conf',
      '/none',
    ])
    expect(files['/etc/odd name;$x']).toMatchObject({ text: odd, mode: 0o640 })
    expect(files['/etc/sysctl.d/20-a.conf']?.text).toBe('')
    expect(files['/none']).toBeNull()
  })

  test.skipIf(!there)('a large file arrives whole', async () => {
    const large = 'x'.repeat(79).concat('\n').repeat(20_000)
    node.put('/etc/large', large)
    expect((await node.access.read('n1', '/etc/large'))?.text).toBe(large)
  })

  test.skipIf(!there)('the network, the kubelet and the manifests', async () => {
    node.program(
      'ip',
      `case "$*" in *address*) echo '${addresses}' ;; *-6*) echo '[{"dst":"default","gateway":"fe80::1","dev":"eth0","protocol":"ra"}]' ;; *) echo '[]' ;; esac`,
    )
    node.program('systemctl', 'echo 0')
    for (const [key, value] of Object.entries({
      'ipv4/ip_forward': '1',
      'ipv6/conf/all/forwarding': '0',
      'ipv6/conf/eth0.100/accept_ra': '2',
    })) {
      node.put(`/proc/sys/net/${key}`, `${value}\n`)
    }
    node.put('/proc/77/comm', 'kubelet\n')
    node.put(
      '/proc/77/cmdline',
      '/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--node-ip=10.0.0.1\0',
    )
    node.put('/var/lib/kubelet/config.yaml', 'staticPodPath: "/etc/static"\n')
    node.put('/etc/static/a.yaml', '')
    node.put('/etc/static/.a.yaml.swp', '')
    const facts = await node.access.facts('n1', { network: true })
    expect(facts.sysctls).toEqual({
      'net.ipv4.ip_forward': '1',
      'net.ipv6.conf.all.forwarding': '0',
      'net.ipv6.conf.eth0/100.accept_ra': '2',
    })
    expect(facts.addresses.map(({ address, family, flags }) => [address, family, flags])).toEqual([
      ['10.0.0.1', 'IPv4', []],
      ['fd00::1', 'IPv6', ['dynamic', 'mngtmpaddr']],
    ])
    expect(facts.routes).toEqual([
      { family: 'IPv6', destination: 'default', interface: 'eth0', gateway: 'fe80::1', protocol: 'ra' },
    ])
    expect(facts.kubeletArguments).toEqual(['--config=/var/lib/kubelet/config.yaml', '--node-ip=10.0.0.1'])
    expect(facts.manifests).toEqual(['/etc/static/a.yaml', '/etc/static/.a.yaml.swp'])
    expect(facts.kernel).toMatch(/^\d/)
    expect(facts.apiServer).toBeUndefined()
  })

  test.skipIf(!there)('the firewall of each family, as far as it can be read', async () => {
    node.program('iptables-save', 'exit 3')
    node.program(
      'ip6tables-save',
      `[ "$*" = '-t filter' ] && printf '%s\\n' '*filter' ':INPUT DROP [0:0]' ':KUBE-X - [0:0]' '-A KUBE-X -j DROP' COMMIT`,
    )
    const facts = await node.access.facts('n1', { firewall: true })
    expect(facts.firewall).toEqual({ IPv6: [':INPUT DROP [0:0]'] })
  })

  test.skipIf(!there)(
    'dates of certificates, the control groups, the program of the next start',
    async () => {
      node.program('openssl', `read -r line; [ "$line" = PEM ] && echo 'notAfter=Nov  3 07:39:02 2027 GMT'`)
      node.program('systemctl', 'echo 77')
      node.put('/etc/kubernetes/pki/apiserver.crt', 'PEM\n')
      node.put('/etc/kubernetes/pki/apiserver.key', 'PEM\n')
      node.put('/etc/kubernetes/pki/ca.crt', 'broken\n')
      node.put(
        '/etc/kubernetes/scheduler.conf',
        'client-certificate-data: UEVNCg==\nclient-key-data: U0VDUkVU\n',
      )
      node.put('/etc/kubernetes/kubelet.conf', 'client-certificate: /x.pem\n')
      node.put('/sys/fs/cgroup/cgroup.controllers', 'cpu\n')
      node.put('/usr/bin/kubelet', '#!/bin/sh\necho Kubernetes v1.36.4\n', 0o755)
      node.put('/proc/77/comm', 'kubelet\n')
      symlinkSync('/usr/bin/kubelet (deleted)', node.path('/proc/77/exe'))
      expect((await node.access.facts('n1', { upkeep: true })).upkeep).toEqual({
        certificates: {
          '/etc/kubernetes/pki/apiserver.crt': '2027-11-03T07:39:02.000Z',
          '/etc/kubernetes/scheduler.conf': '2027-11-03T07:39:02.000Z',
        },
        cgroup: 2,
        kubeletVersion: 'v1.36.4',
      })
    },
  )

  test.skipIf(!there)('what was not asked for is not said', async () => {
    expect(await node.access.facts('n1', {})).toEqual({ files: {}, sysctls: {}, addresses: [], routes: [] })
  })

  test.skipIf(!there)('which addresses answer', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const reach = [`127.0.0.1:${port}`, '127.0.0.1:1', '[::1]:1']
    expect((await node.access.facts('n1', { reach })).reach).toEqual({
      [`127.0.0.1:${port}`]: true,
      '127.0.0.1:1': false,
      '[::1]:1': false,
    })
    server.close()
  })

  test.skipIf(!there)('which addresses answer an echo, in full size, small only, or not at all', async () => {
    // busybox's own ping would come first in busybox ash: it prefers its applets.
    const echo = `for a; do case $a in fd00::*) host=$a ;; [0-9][0-9]*) bytes=$a ;; esac; done
case $host in fd00::1) exit 0 ;; fd00::2) [ "$bytes" -lt 100 ] ;; fd00::4) exit 2 ;; *) exit 1 ;; esac`
    node.program('ping', echo)
    const ping = ['fd00::1', 'fd00::2', 'fd00::3', 'fd00::4'].map(address => ({ address, bytes: 1452 }))
    const { ping: answers } = await node.access.facts('n1', { ping })
    expect(answers).toEqual({ 'fd00::1': 'full', 'fd00::2': 'small', 'fd00::3': 'none' })
    await expect(node.access.facts('n1', { ping: [{ address: 'n2', bytes: 1 }] })).rejects.toMatchObject({
      code: 'nodes.address',
    })
  })

  test.skipIf(!there)('which way a packet would take, and the neighbour it is handed to', async () => {
    node.program(
      'ip',
      `case "$*" in
  'route get fd00:2::1') echo 'fd00:2::1 from :: via fe80::9 dev eth0 proto bird src fd00::1'; echo 'second line' ;;
  'route get fd00:3::1') echo 'unreachable fd00:3::1 dev lo metric 1024' >&2; exit 2 ;;
  'route get 10.0.0.7') echo '10.0.0.7 dev eth0 src 10.0.0.1' ;;
  'route get 10.9.0.1') echo '10.9.0.1 via inet6 fe80::9 dev eth0' ;;
  'neigh show fe80::9') echo 'fe80::9 dev eth0 FAILED' ;;
  'neigh show 10.0.0.7') echo '10.0.0.7 dev eth0 lladdr 02:00 REACHABLE' ;;
esac`,
    )
    const { ways } = await node.access.facts('n1', {
      ways: ['fd00:2::1', 'fd00:3::1', '10.0.0.7', '10.9.0.1'],
    })
    expect(ways).toEqual({
      'fd00:2::1': 'fd00:2::1 from :: via fe80::9 dev eth0 proto bird src fd00::1; fe80::9 dev eth0 FAILED',
      'fd00:3::1': 'unreachable fd00:3::1 dev lo metric 1024;',
      '10.0.0.7': '10.0.0.7 dev eth0 src 10.0.0.1; 10.0.0.7 dev eth0 lladdr 02:00 REACHABLE',
      '10.9.0.1': '10.9.0.1 via inet6 fe80::9 dev eth0; fe80::9 dev eth0 FAILED',
    })
    await expect(node.access.facts('n1', { ways: ['n2; reboot'] })).rejects.toMatchObject({
      code: 'nodes.address',
    })
  })

  describe('the API server', () => {
    beforeEach(() => {
      node.put('/etc/kubernetes/manifests/kube-apiserver.yaml', '    - --secure-port=7443\n')
      for (const file of ['apiserver-kubelet-client.crt', 'apiserver-kubelet-client.key']) {
        node.put(`/etc/kubernetes/pki/${file}`, 'x')
      }
      const data = Buffer.from('SECRET').toString('base64')
      node.put(
        '/etc/kubernetes/admin.conf',
        `    client-certificate-data: ${data}\n    client-key-data: ${data}\n`,
      )
      node.put('/run/.keep', '')
    })
    const ask = (askDualStack = true) => node.access.facts('n1', { apiServer: { askDualStack } })
    /** A curl that answers by method, and by which key it was given. */
    const curl = (body: string) =>
      node.program(
        'curl',
        `for a; do case $a in GET|POST) method=$a ;; */answer) out=$a ;; *.key) key=$a ;; https:*) url=$a ;; esac; done
echo "$method $key $url" >>${node.path('/asked')}
${body}`,
      )

    test.skipIf(!there)(
      'is asked over loopback, with the port of its manifest; nobody answers: not ready',
      async () => {
        curl('printf 000; exit 7')
        expect((await ask()).apiServer).toEqual({ ready: false })
        expect(node.text('/asked')).toContain('https://kubernetes:7443/readyz')
      },
    )

    test.skipIf(!there)('takes a dual-stack Service; the first who is allowed asks', async () => {
      curl('case $method$key in GET*) printf 200 ;; *admin.key) printf 201 ;; *) printf 403 ;; esac')
      expect((await ask()).apiServer).toEqual({ ready: true, requireDualStack: 'accepted' })
      expect((await ask(false)).apiServer).toEqual({ ready: true })
    })

    test.skipIf(!there)('refuses one, in its own words', async () => {
      curl(
        `case $method in GET) printf 200 ;; *) echo '{"kind":"Status","message":"not configured"}' >"$out"; printf 422 ;; esac`,
      )
      expect((await ask()).apiServer).toEqual({
        ready: true,
        requireDualStack: { refused: 'not configured' },
      })
    })

    test.skipIf(!there)('nobody may ask: it is not known; and no key is left behind', async () => {
      curl('case $method in GET) printf 200 ;; *) printf 403 ;; esac')
      expect((await ask()).apiServer).toEqual({ ready: true })
      expect(readdirSync(node.path('/run'))).toEqual(['.keep'])
    })
  })

  test.skipIf(!there)('an answer that is cut off is no answer', async () => {
    const cut = new FakeNode(['sh', '-c', '"$@" | head -c 60', 'sh', ...argv])
    await expect(cut.access.read('n1', '/none')).rejects.toMatchObject({ code: 'nodes.cut-off' })
    cut.remove()
  })
})

test('a sysctl key with a dot in its interface turns both ways', () => {
  expect(sysctlKey('net/ipv6/conf/eth0.100/forwarding')).toBe('net.ipv6.conf.eth0/100.forwarding')
  expect(sysctlKey(sysctlKey('net.ipv4.ip_forward'))).toBe('net.ipv4.ip_forward')
})

test('addresses that are none are refused', async () => {
  const node = new FakeNode()
  await expect(node.access.facts('n1', { reach: ['fd00::1:80; reboot'] })).rejects.toMatchObject({
    code: 'nodes.address',
  })
  node.remove()
})
