// Some calls work only in a tap; it lives on through await and wx.request, and dies with uploads, positions and time.
const LIVES_MS = 5000;
let tappedAt = -Infinity;

addEventListener('touchend', () => (tappedAt = performance.now()), true);
addEventListener('mouseup', () => (tappedAt = performance.now()), true);

export const inTap = () => performance.now() - tappedAt < LIVES_MS;
export const loseTap = () => (tappedAt = -Infinity);
/** The callback of showModal and showActionSheet is a tap of its own. */
export const renewTap = () => (tappedAt = performance.now());
