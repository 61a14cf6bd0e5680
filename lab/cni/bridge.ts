import { execMust } from '../exec.ts'
import { namespace } from '../network.ts'
import { must } from '../shell.ts'
import type { LabState } from '../state.ts'

/** Keeps the routes over a reboot, as a network script would. */
const routesUnit = `[Unit]
Description=Routes to the pods of other nodes
After=network.target
Before=kubelet.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/ip -batch /etc/pod-routes
[Install]
WantedBy=multi-user.target
`

const isIPv6 = (cidr: string): boolean => cidr.includes(':')

function conflist(podCIDRs: readonly string[]): string {
  return JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: 'lab',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          hairpinMode: true,
          // Pods' addresses are routed everywhere, as a cloud's routes do it.
          ipMasq: false,
          ipam: {
            type: 'host-local',
            ranges: podCIDRs.map(subnet => [{ subnet }]),
            routes: podCIDRs.map(cidr => ({ dst: isIPv6(cidr) ? '::/0' : '0.0.0.0/0' })),
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    },
    null,
    2,
  )
}

/**
 * The plainest CNI there is: bridge and host-local from each Node's podCIDRs, routes between the nodes and on the
 * router. Call it again when podCIDRs have changed, as the script that writes these files would be.
 */
export async function configureBridge(
  lab: LabState,
  podCIDRs: Map<string, readonly string[]>,
): Promise<void> {
  const routes = (except?: string): string =>
    lab.nodes
      .filter(node => node.name !== except)
      .flatMap(node =>
        (podCIDRs.get(node.name) ?? []).map(
          cidr => `route replace ${cidr} via ${isIPv6(cidr) ? node.ipv6 : node.ipv4}\n`,
        ),
      )
      .join('')
  await must(['ip', '-n', namespace(lab.name, 'outside'), '-batch', '-'], { input: routes() })
  await Promise.all(
    lab.nodes.map(async node => {
      const write = (file: string, input: string) => execMust(lab, node.name, ['tee', file], { input })
      await write('/etc/pod-routes', routes(node.name))
      await write('/etc/systemd/system/pod-routes.service', routesUnit)
      await execMust(lab, node.name, ['systemctl', 'enable', '--quiet', 'pod-routes.service'])
      await execMust(lab, node.name, ['systemctl', 'restart', 'pod-routes.service'])
      await write('/etc/cni/net.d/10-lab.conflist', conflist(podCIDRs.get(node.name) ?? []))
    }),
  )
}
