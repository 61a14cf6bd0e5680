/** Of the namespaces that `verify` and what watches a run make, each with a new name and gone afterwards. Nobody else's name begins so. */
export const testNamespacePrefix = 'kubectl-dualstack-verify-'

/** Nothing in such a namespace is the user's: no plan changes it, no gate waits for it, nobody counts it. */
export const isTestNamespace = (name: string | undefined): boolean =>
  name?.startsWith(testNamespacePrefix) === true

const namespaces = 'v1/namespaces'

/** Is it one of those namespaces, or does it stand in one? */
export const isOfTests = (
  resource: string,
  { metadata }: { readonly metadata: { readonly name: string; readonly namespace?: string } },
): boolean => isTestNamespace(resource === namespaces ? metadata.name : metadata.namespace)
