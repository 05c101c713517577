/** PURE: the month as arcs of a ring, drawn as an SVG picture: confirmed solid, pending hatched, excused outlined. */

export interface Counts { confirmed: number; pending: number; excused: number; target: number }
export interface Colours { track: string; confirmed: string; pending: string; excused: string }

const R = 44;
const ROUND = 2 * Math.PI * R;

/** Shares of the ring, at most the whole of it, in the order they are laid. */
export function shares(c: Counts): { confirmed: number; pending: number; excused: number } {
  const whole = Math.max(c.target, c.confirmed + c.pending + c.excused, 1);
  return { confirmed: c.confirmed / whole, pending: c.pending / whole, excused: c.excused / whole };
}

/** Where on the ring the target stands, 0 to 1. */
export const tick = (c: Counts): number => c.target / Math.max(c.target, c.confirmed + c.pending + c.excused, 1);

export function ring(c: Counts, colours: Colours): string {
  const part = shares(c);
  const arc = (from: number, share: number, style: string) =>
    share <= 0 ? '' : `<circle cx="50" cy="50" r="${R}" fill="none" ${style} stroke-dashoffset="${(-from * ROUND).toFixed(2)}"/>`;
  const solid = (share: number) => `stroke-dasharray="${(share * ROUND).toFixed(2)} ${ROUND.toFixed(2)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><g transform="rotate(-90 50 50)">`
    + `<circle cx="50" cy="50" r="${R}" fill="none" stroke="${colours.track}" stroke-width="8"/>`
    + arc(0, part.confirmed, `stroke="${colours.confirmed}" stroke-width="8" ${solid(part.confirmed)}`)
    + arc(part.confirmed, part.pending, `stroke="${colours.pending}" stroke-width="8" stroke-dasharray="${hatched(part.pending)}"`)
    + arc(part.confirmed + part.pending, part.excused, `stroke="${colours.excused}" stroke-width="3" ${solid(part.excused)}`)
    + mark(tick(c), colours.confirmed) + '</g></svg>';
}

/** Strokes of 2 with gaps of 1.5 over a share, then nothing for the rest of the ring. */
function hatched(share: number): string {
  const strokes = Math.max(1, Math.floor((share * ROUND) / 3.5));
  return `${'2 1.5 '.repeat(strokes)}0 ${ROUND.toFixed(2)}`;
}

function mark(at: number, colour: string): string {
  if (at >= 1) return '';
  const [x, y] = [Math.cos(2 * Math.PI * at), Math.sin(2 * Math.PI * at)];
  const point = (r: number) => `${(50 + r * x).toFixed(2)} ${(50 + r * y).toFixed(2)}`;
  return `<path d="M${point(38)} L${point(50)}" stroke="${colour}" stroke-width="2"/>`;
}
