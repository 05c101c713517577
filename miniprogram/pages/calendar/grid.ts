/** PURE: a month as six weeks of seven days, Monday first, each with its state. */
import type { Day } from '../../api/me';
import type { State } from '../../words';

export interface Cell { key: string; date: string; n: number; state: State | ''; half: boolean; today: boolean }

export function grid(month: string, days: Pick<Day, 'on' | 'value' | 'pending' | 'excused' | 'rejected'>[], today: string): Cell[] {
  const [year, m] = month.split('-').map(Number);
  const first = (new Date(Date.UTC(year, m - 1, 1)).getUTCDay() + 6) % 7;
  const many = new Date(Date.UTC(year, m, 0)).getUTCDate();
  const known = new Map(days.map((d) => [d.on, d]));
  return Array.from({ length: 42 }, (_, i) => {
    const n = i - first + 1;
    if (n < 1 || n > many) return { key: `e${i}`, date: '', n: 0, state: '', half: false, today: false };
    const date = `${month}-${String(n).padStart(2, '0')}`;
    const day = known.get(date);
    return { key: date, date, n, ...shown(day, date < today), today: date === today };
  });
}

/** Confirmed before pending before excused before rejected: the best that the day has. */
function shown(day: Pick<Day, 'value' | 'pending' | 'excused' | 'rejected'> | undefined, past: boolean): { state: State | ''; half: boolean } {
  if (day?.value) return { state: 'accepted', half: day.value < 1 };
  if (day?.pending) return { state: 'review', half: day.pending < 1 };
  if (day?.excused) return { state: 'excused', half: day.excused < 1 };
  if (day?.rejected) return { state: 'rejected', half: false };
  return { state: past ? 'none' : '', half: false };
}

/** The month before or after: 2026-12 and 1 give 2027-01. */
export function moved(month: string, by: number): string {
  const [year, m] = month.split('-').map(Number);
  return new Date(Date.UTC(year, m - 1 + by, 1)).toISOString().slice(0, 7);
}
