/** Name of the static pod, and of its file, that serves while a component's own is exchanged. `id`: ten hexadecimal digits. */
export const standInPod = (component: string, id: string): string => `${component}-dualstack-${id}`

export const isStandInPod = (name: string): boolean => /-dualstack-[0-9a-f]{10}$/.test(name)
