const listeners = new Set<(message: string) => void>();

/** Say a meaningful change to people who listen to the page instead of looking at it. */
export function announce(message: string): void {
  for (const listener of listeners) listener(message);
}

export function onAnnouncement(listener: (message: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
