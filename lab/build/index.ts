import { join } from 'node:path'
import { ensureBin, ensureBinaries } from './binaries.ts'
import { cached, type Log } from './cache.ts'
import { ensureCalico } from './calico.ts'
import { writeImage } from './image.ts'
import { describeImages, type Image, type ImageName } from './images.ts'
import { ensurePackages, ensureUnpacked } from './packages.ts'
import { ensureSeed, type Role } from './seed.ts'
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
  /** A containerd root with the images of the role in it; a node gets its own copy by `cloneSeed`. */
  seed(role: Role): Promise<string>
}

const edition = '2'

/** Builds what is not in the cache yet: about ten minutes on two cores with nothing there, under a second later. */
export async function ensureArtifacts(options: { kubernetes: Minor; log: Log }): Promise<Artifacts> {
  const { log } = options
  const chosen = versions[options.kubernetes]
  if (!chosen) {
    throw new Error(`Kubernetes ${options.kubernetes} is not one of ${Object.keys(versions).join(', ')}`)
  }
  await ensurePackages(log)
  const binaries = await ensureBinaries(chosen, log)
  const calico = await ensureCalico(log)
  const unpacked = await ensureUnpacked(log)
  const images = {} as Record<ImageName, string>
  const refs: Record<string, string> = {}
  for (const image of describeImages(chosen, { ...binaries, calico, unpacked })) {
    images[image.name] = await ensureImage(image, log)
    refs[image.name] = image.reference
  }
  return {
    kubernetes: chosen.kubernetes,
    bin: await ensureBin(binaries, log),
    images,
    refs,
    calicoManifest: join(calico, 'calico.yaml'),
    seed: role => ensureSeed(images, role, log),
  }
}

async function ensureImage(image: Image, log: Log): Promise<string> {
  const make = async (folder: string) =>
    writeImage(join(folder, 'image.tar'), image.reference, await image.entries(), image.config)
  const inputs = [edition, ...image.inputs]
  return join(await cached({ name: `image-${image.name}`, inputs, make }, log), 'image.tar')
}
