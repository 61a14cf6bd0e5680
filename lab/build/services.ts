import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cached, type Log } from './cache.ts'
import { type GoBuild, goInputs, moduleFolder } from './go.ts'
import { buildAdapted, copySource, edit, moduleSource } from './source.ts'
import { traefikVersion } from './versions.ts'

/** What a cluster may have besides; built when it is asked for first. */
export const extras = ['ingress', 'load-balancer'] as const
export type Extra = (typeof extras)[number]

const edition = '1'
const traefik = 'github.com/traefik/traefik/v3'
const metallb = 'go.universe.tf/metallb'

const services: GoBuild = {
  module: moduleFolder('services'),
  binaries: {
    traefik: `${traefik}/cmd/traefik`,
    controller: `${metallb}/controller`,
    speaker: `${metallb}/speaker`,
  },
  values: { [`${traefik}/pkg/version.Version`]: traefikVersion },
}

/**
 * A folder with `bin/` (Traefik; MetalLB's controller and speaker) and `metallb.yaml`, MetalLB's own manifest. Both programs come from one
 * Go module: most of what they need is the same, and compiled once.
 */
export function ensureServices(log: Log): Promise<string> {
  const inputs = [edition, ...goInputs(services, ['ext'])]
  return cached({ name: 'services', inputs, make }, log)
}

async function make(folder: string): Promise<void> {
  const work = join(folder, 'work')
  mkdirSync(work)
  const sources = { [traefik]: join(work, 'traefik'), [metallb]: join(work, 'metallb') }
  for (const [path, to] of Object.entries(sources)) copySource(await moduleSource(services.module, path), to)
  cpSync(join(services.module, 'ext'), join(work, 'ext'), { recursive: true })
  withoutDNSProviders(join(work, 'traefik'))
  adaptToControllerRuntime(join(work, 'metallb'))
  mkdirSync(join(folder, 'bin'))
  await buildAdapted(services, work, { [traefik]: 'traefik', [metallb]: 'metallb' }, join(folder, 'bin'))
  cpSync(join(work, 'metallb/config/manifests/metallb-native.yaml'), join(folder, 'metallb.yaml'))
  rmSync(work, { recursive: true })
}

/** Those that would prove to a certificate authority who owns a name: hundreds of modules, of which some are on no module proxy. */
function withoutDNSProviders(source: string): void {
  edit(join(source, 'pkg/provider/acme/provider.go'), text =>
    text
      .replace(/^\t"github.com\/go-acme\/lego\/v5\/providers\/dns"\n/m, '')
      .replace(
        'provider, err = dns.NewDNSChallengeProviderByName(p.DNSChallenge.Provider)',
        'provider, err = nil, errors.New("no DNS providers in this build")',
      ),
  )
}

/** MetalLB is built with the version that Traefik names, in which this function takes one argument more. */
function adaptToControllerRuntime(source: string): void {
  edit(join(source, 'internal/k8s/webhook.go'), text =>
    text.replace(
      'conversion.NewWebhookHandler(mgr.GetScheme())',
      'conversion.NewWebhookHandler(mgr.GetScheme(), mgr.GetConverterRegistry())',
    ),
  )
}
