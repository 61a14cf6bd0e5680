import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cached, type Log } from './cache.ts'
import { goInputs, moduleFolder } from './go.ts'
import { buildAdapted, copySource, edit, moduleSource } from './source.ts'
import { calicoVersion } from './versions.ts'

const edition = '1'
const calico = 'github.com/projectcalico/calico'

const binaries = {
  calico: `${calico}/cni-plugin/cmd/calico`,
  install: `${calico}/cni-plugin/cmd/install`,
  'calico-node': `${calico}/node/cmd/calico-node`,
  'kube-controllers': `${calico}/kube-controllers/cmd/kube-controllers`,
  'check-status': `${calico}/kube-controllers/cmd/check-status`,
}

// As in the Makefiles of node/, cni-plugin/ and kube-controllers/.
const values = Object.fromEntries(
  ['main.VERSION', `${calico}/node/pkg/lifecycle/startup.VERSION`, `${calico}/node/buildinfo.GitVersion`].map(
    name => [name, calicoVersion],
  ),
)

/**
 * A folder with `bin/`, `node/` (the files of the calico/node image besides its binaries) and `calico.yaml`, all from
 * Calico's Go module.
 */
export function ensureCalico(log: Log): Promise<string> {
  const module = moduleFolder('calico')
  const inputs = [edition, ...goInputs({ module, binaries, values })]
  return cached({ name: 'calico', inputs, make: folder => make(module, folder) }, log)
}

async function make(module: string, folder: string): Promise<void> {
  const work = join(folder, 'work')
  const source = join(work, 'calico')
  mkdirSync(work)
  copySource(await moduleSource(module, calico), source)
  adaptToAPI(source)
  mkdirSync(join(folder, 'bin'))
  await buildAdapted({ module, binaries, values }, work, { [calico]: 'calico' }, join(folder, 'bin'))
  collectNodeFiles(source, join(folder, 'node'))
  cpSync(join(source, 'manifests/calico.yaml'), join(folder, 'calico.yaml'))
  // The kernel of many machines has no ipip: the pool is routed by BGP alone. Nothing else is changed.
  edit(join(folder, 'calico.yaml'), text =>
    text.replace(/(name: CALICO_IPV4POOL_IPIP\n\s+value: )"Always"/, '$1"Never"'),
  )
  rmSync(work, { recursive: true })
}

/**
 * Calico's commit was built with a commit of its API module that no module proxy serves. With the nearest one that is
 * served, one function does not compile: there the constants have a type of their own.
 */
function adaptToAPI(source: string): void {
  edit(join(source, 'libcalico-go/lib/validator/v3/validator.go'), text =>
    text.replace(/^func validateIptablesBackend.*?^}/ms, body =>
      body.replace(/api\.IptablesBackend\w+/g, constant => `string(${constant})`),
    ),
  )
}

/** What calico/node's Dockerfile copies into its image, where it is in the image. */
function collectNodeFiles(source: string, target: string): void {
  const confd = join(target, 'etc/calico/confd')
  cpSync(join(source, 'node/filesystem/etc'), join(target, 'etc'), { recursive: true })
  cpSync(join(source, 'node/filesystem/sbin'), join(target, 'usr/sbin'), { recursive: true })
  for (const part of ['conf.d', 'templates']) {
    cpSync(join(source, 'confd/etc/calico/confd', part), join(confd, part), { recursive: true })
  }
  // Debian's BIRD lacks the attribute krt_tunnel, which Calico's fork has. It is about IPIP alone, which is off here.
  edit(join(confd, 'templates/bird_ipam.cfg.template'), text =>
    text.replace(/^( *)krt_tunnel = "[^;]*";/gm, '$1'),
  )
  // Started by name: bash takes a file without a first line for a script, the shell of this image need not.
  edit(join(target, 'etc/rc.local'), text => `#!/bin/sh\n${text}`)
}
