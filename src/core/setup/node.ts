/** Which Node may run the guard, and where it and the guard had better not be. */

export const oldestNode = 18;

export const isTooOld = (version: string): boolean => Number.parseInt(version, 10) < oldestNode;

/** Whether it belongs to one user: an update of that user's version manager removes it, and others may not read it. */
export const isPersonal = (path: string): boolean => /\/\.(?:nvm|volta|fnm|asdf|local)\/|^\/home\//.test(path);

/** Whether it is in a person's home, which others may not look into. */
export const isInHome = (path: string): boolean => /^\/(?:home|root)\//.test(path);
