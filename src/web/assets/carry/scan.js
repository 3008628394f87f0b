// Codes come from the camera, where the browser reads them by itself, from a hand scanner, which types, or from whoever types.

/** What the browser brings, as far as it does. @typedef {{ detect: (from: HTMLVideoElement) => Promise<{ rawValue: string }[]> }} Detector */

/** Between two looks at what the camera sees, in milliseconds. */
const LOOK_EVERY_MS = 200;
/** How long a phone trembles when it has read one, in milliseconds. */
const TREMBLE_MS = 60;

/** The code in what was read: an address of ours, or the bare text. @param {string} read */
export const codeIn = (read) => read.trim().replace(/^.*#/s, "");

/** Whether the camera can be asked. */
export const hasCamera = () => "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Looks through the camera until it reads something, or somebody stops it; what it read.
 * @param {HTMLVideoElement} video
 * @param {AbortSignal} stop
 * @returns {Promise<string | undefined>}
 */
export async function look(video, stop) {
  /** @type {Detector} */
  const detector = new /** @type {any} */ (window).BarcodeDetector({ formats: ["qr_code"] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    while (!stop.aborted) {
      const [found] = await detector.detect(video);
      if (found) {
        navigator.vibrate?.(TREMBLE_MS);
        return found.rawValue;
      }
      await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
    }
    return undefined;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
