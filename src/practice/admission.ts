import type { KubeObject } from '../model/cluster.ts'
import { judge } from '../rules/judge.ts'
import { type Asked, invalid } from './answers.ts'
import { kindOf } from './resources.ts'
import { unruled } from './refusals.ts'
import type { Server } from './servers.ts'
import { allocate } from './service-addresses.ts'
import { prepareService } from './service-defaults.ts'
import type { Site } from './site.ts'

export interface Write {
  readonly site: Site
  readonly server: Server
  readonly asked: Asked
  readonly object: KubeObject
  /** undefined: it is created. */
  readonly old: KubeObject | undefined
  readonly dryRun: boolean
}

/**
 * What an API server makes of a write: defaults, then what the rules on admission say, then what it allocates.
 * @throws ApiError 422 with the rules' words; 500 where an address cannot be allocated
 */
export function admit(write: Write): KubeObject {
  const { asked } = write
  refuse(write, write.object)
  if (asked.resource !== 'v1/services') return withDefaults(asked.resource, write.object)
  // What was filled in must be right as well.
  const object = prepareService(write)
  refuse(write, object)
  return allocate({ ...write, object })
}

function refuse({ site, server, asked, old }: Write, object: KubeObject): void {
  const findings = judge(site.rules, 'admission', {
    resource: asked.resource,
    object,
    ...(old === undefined ? {} : { old }),
    server: { version: server.version, services: server.services },
  }).filter(finding => finding.severity === 'error')
  if (findings.length > 0) throw invalid(asked, kindOf(asked.resource), findings)
  const causes = unruled(site, asked.resource, object, old)
  if (causes.length > 0) throw invalid(asked, kindOf(asked.resource), causes)
}

/** Only what somebody here relies on. */
function withDefaults(resource: string, object: KubeObject): KubeObject {
  if (resource !== 'v1/namespaces' || object['status'] !== undefined) return object
  return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }
}
