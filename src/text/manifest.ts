/** Static pod manifests: read the flags of a container, change them, make a stand-in. */
export { readFlags, setFlags } from './manifest-flags.ts'
export { deriveStandIn } from './stand-in.ts'
