// Codes come from the camera, from a hand scanner, which types, or from whoever types. The camera's pictures are read by the browser where it can,
// else by the reader that the program was built with, else not at all.

/** @typedef {(from: HTMLVideoElement) => Promise<string[]>} Reader */

/** Between two looks at what the camera sees, in milliseconds. */
const LOOK_EVERY_MS = 150;
/** Pictures are looked at as they are and larger: a dense code in a coarse picture is found in that. */
const SCALES = [1, 2];
/** How long a phone trembles and sounds when it has read something, in milliseconds, and how high that sounds, in hertz. */
const TELL_MS = 80;
const GOOD_HZ = 1760;
const BAD_HZ = 220;

/** The code in what was read: an address of ours, or the bare text. @param {string} read */
export const codeIn = (read) => read.trim().replace(/^.*#/s, "");

/** Whether the camera can be asked. @param {string | undefined} decoder address of the reader that the program was built with */
export const hasCamera = (decoder) => ("BarcodeDetector" in window || Boolean(decoder)) && Boolean(navigator.mediaDevices?.getUserMedia);

/** @param {string | undefined} decoder @returns {Promise<Reader>} */
async function reader(decoder) {
  const own = /** @type {any} */ (window).BarcodeDetector;
  if (own && (await own.getSupportedFormats?.())?.includes("qr_code") !== false) {
    const detector = new own({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video)).map((/** @type {{ rawValue: string }} */ { rawValue }) => rawValue);
  }
  if (!decoder) throw new Error("nothing here reads codes");
  const { default: decode } = await import(decoder);
  const canvas = new OffscreenCanvas(1, 1);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  return async (video) => {
    for (const scale of video.videoWidth > 0 ? SCALES : []) {
      [canvas.width, canvas.height] = [video.videoWidth * scale, video.videoHeight * scale];
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      try {
        return [decode(context.getImageData(0, 0, canvas.width, canvas.height))];
      } catch {
        // No code in this picture, or too small a one.
      }
    }
    return [];
  };
}

/**
 * Looks through the camera and tells what it reads, each text once in a row, until it is told enough or stopped.
 * @param {HTMLVideoElement} video
 * @param {string | undefined} decoder
 * @param {AbortSignal} stop
 * @param {(read: string) => Promise<boolean> | boolean} onRead true for enough
 * @param {(light: (isOn: boolean) => Promise<void>) => void} [onLight] told where the camera has a lamp
 */
export async function look(video, decoder, stop, onRead, onLight) {
  const readFrom = await reader(decoder);
  const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  const [track] = stream.getVideoTracks();
  if (/** @type {any} */ (track.getCapabilities?.() ?? {}).torch) onLight?.((isOn) => track.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: isOn }] })));
  try {
    video.srcObject = stream;
    await video.play();
    let last = "";
    while (!stop.aborted) {
      for (const read of await readFrom(video)) {
        if (read === last) continue;
        last = read;
        if (await onRead(read)) return;
      }
      await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
    }
  } finally {
    for (const one of stream.getTracks()) one.stop();
    video.srcObject = null;
  }
}

/** @type {AudioContext | undefined} */
let sound;

/** Says to hand and ear that something was read, well or not. @param {boolean} isGood */
export function tell(isGood) {
  navigator.vibrate?.(isGood ? TELL_MS : [TELL_MS, TELL_MS, TELL_MS]);
  try {
    sound ??= new AudioContext();
    const tone = new OscillatorNode(sound, { frequency: isGood ? GOOD_HZ : BAD_HZ });
    tone.connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + TELL_MS / 1000);
  } catch {
    // A device without sound trembles, or shows it.
  }
}
