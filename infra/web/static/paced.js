// Work that may lag behind the figures: charts. Tables come first and are never kept waiting.

const GAP_MS = 500;

/**
 * `work`, one run at a time and not more often than the gap; what is asked for meanwhile is done
 * once more afterwards, so that the newest is never left out.
 * @param {() => Promise<void>} work
 * @param {number} gapMs
 */
export function paced(work, gapMs = GAP_MS) {
  let isRunning = false;
  let isWanted = false;
  return async () => {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      try {
        await work();
      } catch (error) {
        // What the server refused is said above the tables, which ask for the same.
        if (!error.code) console.error(error);
      }
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
    isRunning = false;
  };
}
