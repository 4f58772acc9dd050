// The stream of changes. It tells whether the page is live: a stream that says nothing for
// longer than two beats is taken for dead, because a broken connection may never report itself.

const SILENCE_MS = 25_000;

/**
 * Follow /api/live.
 * @param {{onVersion: (status: object) => void, onLost: () => void}} listeners
 */
export function follow({ onVersion, onLost }) {
  let source;
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      onLost();
      source.close();
      open();
    }, SILENCE_MS);
  };
  const open = () => {
    source = new EventSource("/api/live");
    source.addEventListener("version", (message) => {
      heard();
      onVersion(JSON.parse(message.data));
    });
    source.addEventListener("beat", heard);
    source.addEventListener("error", () => {
      onLost();
      // The browser tries again by itself, unless the server answered with an error.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 1000);
    });
    heard();
  };
  open();
  addEventListener("pagehide", () => source.close());
}
