/**
 * Calls when a page comes back to life: it is seen again, taken out of the browser's cache of
 * pages, or the network is back. In node nothing of this happens.
 */
export function watchPage(awake: () => void): () => void {
  const { document } = globalThis;
  const targets: [EventTarget | undefined, string][] = [
    [document, 'visibilitychange'],
    [globalThis.window, 'pageshow'],
    [globalThis.window, 'online'],
  ];
  const end = new AbortController();
  const happened = ({ type }: { type: string }) => {
    if (type !== 'visibilitychange' || !document.hidden) awake();
  };
  for (const [target, type] of targets) target?.addEventListener(type, happened, end);
  return () => end.abort();
}
