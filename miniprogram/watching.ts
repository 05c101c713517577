/** What a page does that looks again by itself while something is under way. Spread into a Page that has `load`. */

const SOON_MS = 3000;

interface Watching { load(): Promise<void>; timer: ReturnType<typeof setTimeout> }

export const watching = {
  timer: 0 as unknown as ReturnType<typeof setTimeout>,
  onShow(this: Watching) { this.load(); },
  onHide(this: Watching) { clearTimeout(this.timer); },
  onUnload(this: Watching) { clearTimeout(this.timer); },
  lookSoon(this: Watching) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SOON_MS);
  },
};
