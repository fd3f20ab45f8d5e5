/** How a secret is referred to: `${NAME}` in the environment, or `file:/path`. Pure. */

/** A whole value that names a variable, its first group. */
export const environmentReference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

/** Whether a text is a reference to a secret and not a secret. */
export const isSecretReference = (text: string): boolean => environmentReference.test(text) || text.startsWith('file:')
