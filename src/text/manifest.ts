/** Static pod manifests: read the flags of a container, change them, make a stand-in. */
export {
  type FlagChanges,
  type FlagOptions,
  type ManifestFlags,
  readFlags,
  setFlags,
} from './manifest-flags.ts'
export { deriveStandIn, type StandIn } from './stand-in.ts'
