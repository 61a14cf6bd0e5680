import { join } from 'node:path'
import { ensureBin, ensureBinaries } from './binaries.ts'
import { cached, type Log } from './cache.ts'
import { ensureCalico } from './calico.ts'
import { writeImage } from './image.ts'
import { describeExtraImages, describeImages, type Image, type ImageName } from './images.ts'
import { ensurePackages, ensureRadvd, ensureUnpacked } from './packages.ts'
import { ensureSeed, type Role } from './seed.ts'
import { ensureServices, type Extra } from './services.ts'
import { type Minor, versions } from './versions.ts'

export { cloneSeed } from './seed.ts'

/** What a lab cluster runs from. All paths lead into the cache: nothing there may be written to. */
export interface Artifacts {
  /** 'v1.36.3' */
  readonly kubernetes: string
  /** Folder with kubeadm, kubectl, kubelet, etcdctl, etcdutl, coredns and probe. */
  readonly bin: string
  /** Short name of an image → tar file for `ctr images import`. */
  readonly images: Readonly<Record<string, string>>
  /** Short name of an image → full reference. */
  readonly refs: Readonly<Record<string, string>>
  /** Path of calico.yaml, as Calico has it but for IPIP, which is off. */
  readonly calicoManifest: string
  /** Path of MetalLB's own manifest; absent: no extra was asked for. */
  readonly metallbManifest?: string
  /** Absent: not asked for. */
  readonly radvd?: string
  /** A containerd root with the images of the role in it; a node gets its own copy by `cloneSeed`. */
  seed(role: Role): Promise<string>
}

const edition = '2'

export interface Wanted {
  readonly kubernetes: Minor
  readonly extras?: readonly Extra[]
  /** A program that advertises the router. */
  readonly radvd?: boolean
}

/** Builds what is not in the cache yet: about ten minutes on two cores with nothing there, under a second later. */
export async function ensureArtifacts(wanted: Wanted, log: Log): Promise<Artifacts> {
  const { kubernetes, extras = [], radvd = false } = wanted
  const chosen = versions[kubernetes]
  if (!chosen) {
    throw new Error(`Kubernetes ${kubernetes} is not one of ${Object.keys(versions).join(', ')}`)
  }
  await ensurePackages(log)
  const binaries = await ensureBinaries(chosen, log)
  const calico = await ensureCalico(log)
  const unpacked = await ensureUnpacked(log)
  const services = extras.length > 0 ? await ensureServices(log) : undefined
  const images = {} as Record<ImageName, string>
  const refs: Record<string, string> = {}
  for (const image of describeImages(chosen, { ...binaries, calico, unpacked })) {
    images[image.name] = await ensureImage(image, log)
    refs[image.name] = image.reference
  }
  const more: Record<string, string> = {}
  for (const image of services === undefined ? [] : describeExtraImages(services, extras)) {
    more[image.name] = await ensureImage(image, log)
    refs[image.name] = image.reference
  }
  return {
    kubernetes: chosen.kubernetes,
    bin: await ensureBin(binaries, log),
    images: { ...images, ...more },
    refs,
    calicoManifest: join(calico, 'calico.yaml'),
    ...(services === undefined ? {} : { metallbManifest: join(services, 'metallb.yaml') }),
    ...(radvd ? { radvd: await ensureRadvd(log) } : {}),
    seed: role => ensureSeed(images, role, log, Object.values(more)),
  }
}

async function ensureImage(image: Image<string>, log: Log): Promise<string> {
  const make = async (folder: string) =>
    writeImage(join(folder, 'image.tar'), image.reference, await image.entries(), image.config)
  const inputs = [edition, ...image.inputs]
  return join(await cached({ name: `image-${image.name}`, inputs, make }, log), 'image.tar')
}
