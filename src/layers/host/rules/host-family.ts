import type { Family } from '../../../address/family.ts'
import type { NodeFacts, Route } from '../../../model/cluster.ts'
import type { Situation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { situation } from '../../../rules/example.ts'
import { forwardingKeys } from '../settings.ts'

export const network = [{ kind: 'network', on: 'all' } as const]

/** sysctl(8) writes a dot of an interface's name as a slash. */
const key = (name: string, what: string): string => `net.ipv6.conf.${name.replaceAll('.', '/')}.${what}`

export const readNodes = ({ cluster }: Situation): readonly (readonly [string, NodeFacts])[] =>
  Object.entries(cluster.nodes)

/** Where the node's address of the family stands: as the goal names it, else any that is global; where there is none, its uplink. */
function interfacesOf(facts: NodeFacts, family: Family, wanted: string | undefined): readonly string[] {
  const own = facts.addresses.filter(one => one.family === family && one.scope === 'global')
  const chosen = own.filter(({ address }) => address === wanted)
  const uplinks = facts.routes.filter(({ destination }) => destination === 'default')
  const places = chosen.length > 0 ? chosen : own.length > 0 ? own : uplinks
  return [...new Set(places.map(one => one.interface))]
}

const defaultRoutes = (facts: NodeFacts, family: Family): readonly Route[] =>
  facts.routes.filter(route => route.family === family && route.destination === 'default')

export const healthy: Partial<NodeFacts> = {
  kernel: '6.1.0-13-amd64',
  addresses: [
    { interface: 'eth0', family: 'IPv4', address: '10.0.0.11', prefixLength: 24, scope: 'global', flags: [] },
    {
      interface: 'eth0',
      family: 'IPv6',
      address: 'fd00:10::11',
      prefixLength: 64,
      scope: 'global',
      flags: [],
    },
  ],
  routes: [
    { family: 'IPv4', destination: 'default', interface: 'eth0', gateway: '10.0.0.1', protocol: 'static' },
    { family: 'IPv6', destination: 'default', interface: 'eth0', gateway: 'fd00:10::1', protocol: 'static' },
  ],
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.forwarding': '0',
    'net.ipv6.conf.all.disable_ipv6': '0',
    'net.ipv6.conf.default.disable_ipv6': '0',
    'net.ipv6.conf.eth0.disable_ipv6': '0',
    'net.ipv6.conf.eth0.accept_ra': '1',
  },
}

export const nodeWith = (more: Partial<NodeFacts> = {}): Situation =>
  situation({ node: { ...healthy, ...more, sysctls: { ...healthy.sysctls, ...more.sysctls } } })

const raRoute: Route = {
  family: 'IPv6',
  destination: 'default',
  interface: 'eth0',
  gateway: 'fe80::1',
  protocol: 'ra',
}

const off = ruleThere({
  id: 'host-family/switched-off',
  title: 'the kernel of every node has the new family',
  severity: 'error',
  why: 'With disable_ipv6 on, or without the module, a node has no address of the family, kubelet refuses it, and kube-proxy leaves it out.',
  source: 'docs.kernel.org/networking/ip-sysctl, k/k:cmd/kube-proxy/app/server_linux.go',
  covers: ['kubernetes 4.3', 'P17', 'P18', 'P22'],
  remedy:
    'Set net.ipv6.conf.all.disable_ipv6 and that of the interface to 0 for good, and take ipv6.disable=1 out of the kernel’s command line.',
  reads: network,
  find: (input, added) =>
    added !== 'IPv6'
      ? []
      : readNodes(input).flatMap(([node, facts]) => {
          // Nothing at all was read: another matter.
          if (Object.keys(facts.sysctls).length === 0) return []
          if (!Object.keys(facts.sysctls).some(name => name.startsWith('net.ipv6.')))
            return [{ object: `Node ${node}`, field: 'kernel', message: 'the kernel has no IPv6 at all' }]
          const wanted = input.goal?.nodeAddresses[node]?.[added]
          return ['all', ...interfacesOf(facts, added, wanted)]
            .map(name => key(name, 'disable_ipv6'))
            .filter(name => facts.sysctls[name] === '1')
            .map(name => ({ object: `Node ${node}`, field: name, message: 'IPv6 is switched off there' }))
        }),
  examples: {
    bad: [
      () => nodeWith({ sysctls: { 'net.ipv6.conf.all.disable_ipv6': '1' } }),
      () => nodeWith({ sysctls: { 'net.ipv6.conf.eth0.disable_ipv6': '1' } }),
      // Its address went with it.
      () =>
        nodeWith({
          addresses: healthy.addresses?.filter(({ family }) => family === 'IPv4') ?? [],
          sysctls: { 'net.ipv6.conf.eth0.disable_ipv6': '1' },
        }),
      () => situation({ node: { sysctls: { 'net.ipv4.ip_forward': '1' } } }),
    ],
    good: [() => nodeWith(), () => nodeWith({ sysctls: { 'net.ipv6.conf.docker0.disable_ipv6': '1' } })],
  },
})

const offByDefault = ruleThere({
  id: 'host-family/off-by-default',
  title: 'new interfaces have the new family',
  severity: 'warning',
  why: 'default.disable_ipv6 holds for every interface that is made later: the host’s ends of pods’ links and tunnels have no IPv6 then.',
  source: 'docs.kernel.org/networking/ip-sysctl',
  covers: ['kubernetes 5.5', 'P32'],
  remedy: 'Set net.ipv6.conf.default.disable_ipv6 to 0 for good.',
  reads: network,
  find: (input, added) =>
    added !== 'IPv6'
      ? []
      : readNodes(input)
          .filter(([, { sysctls }]) => sysctls[key('default', 'disable_ipv6')] === '1')
          .map(([node]) => ({
            object: `Node ${node}`,
            field: key('default', 'disable_ipv6'),
            message: 'interfaces that are made from now on have no IPv6',
          })),
  examples: {
    bad: [() => nodeWith({ sysctls: { 'net.ipv6.conf.default.disable_ipv6': '1' } })],
    good: [() => nodeWith()],
  },
})

const noRoute = ruleThere({
  id: 'host-family/no-default-route',
  title: 'every node has a default route of the new family',
  severity: 'warning',
  why: 'Without one pods reach nothing outside the networks of the nodes over the family; programs that get addresses of both from DNS try it first, and wait. Flannel does not start without.',
  source:
    'docs.tigera.io/calico/latest/networking/ipam/ipv6, flannel-io/flannel:Documentation/configuration.md',
  covers: ['cni 2.2', 'cni 2.5', 'P25', 'P34'],
  remedy:
    'Set a default route of the family on the node, persistent in its network configuration; a cluster that is meant to be closed may ignore this.',
  reads: network,
  find: (input, added) =>
    readNodes(input)
      .filter(([, facts]) => facts.routes.length > 0 && defaultRoutes(facts, added).length === 0)
      .map(([node]) => ({
        object: `Node ${node}`,
        field: 'routes',
        message: `it has no default route of ${added}`,
      })),
  examples: {
    bad: [() => nodeWith({ routes: (healthy.routes ?? []).filter(({ family }) => family === 'IPv4') })],
    good: [() => nodeWith(), () => nodeWith({ routes: [] })],
  },
})

const dying = ruleThere({
  id: 'host-family/advertised-route-dies',
  title: 'a node that forwards still takes router advertisements',
  severity: 'error',
  why: 'A kernel that forwards ignores advertisements where accept_ra is 1 (`all` does not count): the default route that it learned expires, minutes or hours later, and with it the node’s reach. Calico’s Felix switches forwarding on by itself.',
  source:
    'docs.kernel.org/networking/ip-sysctl (accept_ra), cilium/cilium#21819, projectcalico/calico:felix/dataplane/linux/int_dataplane.go',
  covers: ['cni 2.2', 'P01', 'practice router-advertisements'],
  remedy:
    'Set accept_ra of that interface to 2, now and in /etc/sysctl.d, or give the node a static default route.',
  reads: network,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]) => {
      if (added !== 'IPv6' || facts.sysctls[forwardingKeys.IPv6[0]] !== '1') return []
      return defaultRoutes(facts, added)
        .filter(({ protocol, interface: name }) => {
          return protocol === 'ra' && facts.sysctls[key(name, 'accept_ra')] === '1'
        })
        .map(({ interface: name }) => ({
          object: `Node ${node}`,
          field: key(name, 'accept_ra'),
          message: `the node forwards IPv6, and its default route on ${name} came by an advertisement that it does not take any more`,
        }))
    }),
  examples: {
    bad: [() => nodeWith({ routes: [raRoute], sysctls: { 'net.ipv6.conf.all.forwarding': '1' } })],
    good: [
      () => nodeWith({ routes: [raRoute] }),
      () =>
        nodeWith({
          routes: [raRoute],
          sysctls: { 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.eth0.accept_ra': '2' },
        }),
      () =>
        nodeWith({
          routes: [raRoute],
          sysctls: { 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.eth0.accept_ra': '0' },
        }),
    ],
  },
})

const byDaemon = ruleThere({
  id: 'host-family/advertisements-by-daemon',
  title: 'it is known who takes the router advertisements',
  severity: 'info',
  why: 'Where accept_ra is 0 and a route or address came by advertisement, a daemon takes them and not the kernel: systemd-networkd and NetworkManager go on when the node forwards, unless their own configuration makes it depend on that (networkd’s IPv6AcceptRA= is off by default where IPv6 forwarding is on for the link).',
  source: 'systemd.network(5), NetworkManager ipv6 settings',
  covers: ['P01', 'practice router-advertisements'],
  remedy:
    'Say IPv6AcceptRA=yes in the .network file of that link; with NetworkManager leave ipv6.method at auto. Look at the default route again after its lifetime.',
  reads: network,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]) => {
      const learned = [
        ...defaultRoutes(facts, added).filter(({ protocol }) => protocol === 'ra'),
        ...facts.addresses.filter(one => one.family === added && one.flags.includes('mngtmpaddr')),
      ].map(one => one.interface)
      return [...new Set(learned)]
        .filter(name => facts.sysctls[key(name, 'accept_ra')] === '0')
        .map(name => ({
          object: `Node ${node}`,
          field: key(name, 'accept_ra'),
          message: `a daemon, not the kernel, takes the advertisements on ${name}`,
        }))
    }),
  examples: {
    bad: [() => nodeWith({ routes: [raRoute], sysctls: { 'net.ipv6.conf.eth0.accept_ra': '0' } })],
    good: [() => nodeWith({ routes: [raRoute] }), () => nodeWith()],
  },
})

const routeCache = ruleThere({
  id: 'host-family/route-cache',
  title: 'the IPv6 route table of old kernels has room',
  severity: 'warning',
  why: 'Before Linux 6.3 net.ipv6.route.max_size (4096) limits what the kernel keeps of IPv6 routes, exceptions among them: on a busy node connections fail with “Network is unreachable”. Later kernels have no limit.',
  source: 'docs.kernel.org/networking/ip-sysctl (route/max_size), torvalds/linux af6d10345ca7',
  covers: ['practice route-cache'],
  remedy: 'Set net.ipv6.route.max_size to 2147483647 on these nodes, or run Linux 6.3 or later.',
  reads: network,
  find: (input, added) =>
    readNodes(input).flatMap(([node, { kernel = '', sysctls }]) => {
      const size = Number(sysctls['net.ipv6.route.max_size'])
      const [, major = '99', minor = '0'] = /^(\d+)\.(\d+)/.exec(kernel) ?? []
      const isOld = Number(major) < 6 || (Number(major) === 6 && Number(minor) < 3)
      return added !== 'IPv6' || !isOld || !(size <= 16_384)
        ? []
        : [
            {
              object: `Node ${node}`,
              field: 'net.ipv6.route.max_size',
              message: `${size} on kernel ${kernel}`,
            },
          ]
    }),
  examples: {
    bad: [() => nodeWith({ kernel: '5.15.0-91-generic', sysctls: { 'net.ipv6.route.max_size': '4096' } })],
    good: [
      () => nodeWith({ kernel: '5.15.0-91-generic' }),
      () => nodeWith({ kernel: '6.8.0-31', sysctls: { 'net.ipv6.route.max_size': '4096' } }),
      () => nodeWith({ kernel: '5.15.0', sysctls: { 'net.ipv6.route.max_size': '2147483647' } }),
    ],
  },
})

export const hostFamilyRules = [off, offByDefault, noRoute, dying, byDaemon, routeCache] as const
