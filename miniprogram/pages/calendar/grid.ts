/** PURE: a month as six weeks of seven days, Monday first, each with its state. */
import type { Day } from '../../api/me';
import { SHAPE, type State } from '../../words';

/** What a day shows: one shape, or one for each half. */
export interface Mark { state: State; shape: string }
export interface Cell { key: string; date: string; n: number; marks: Mark[]; today: boolean }

export function grid(month: string, days: Pick<Day, 'on' | 'value' | 'pending' | 'excused' | 'rejected'>[], today: string): Cell[] {
  const [year, m] = month.split('-').map(Number);
  const first = (new Date(Date.UTC(year, m - 1, 1)).getUTCDay() + 6) % 7;
  const many = new Date(Date.UTC(year, m, 0)).getUTCDate();
  const known = new Map(days.map((d) => [d.on, d]));
  return Array.from({ length: 42 }, (_, i) => {
    const n = i - first + 1;
    if (n < 1 || n > many) return { key: `e${i}`, date: '', n: 0, marks: [], today: false };
    const date = `${month}-${String(n).padStart(2, '0')}`;
    return { key: date, date, n, marks: marks(known.get(date), date < today), today: date === today };
  });
}

/** Confirmed before pending before excused before rejected; a half leaves room for what the other half has. */
function marks(day: Pick<Day, 'value' | 'pending' | 'excused' | 'rejected'> | undefined, past: boolean): Mark[] {
  const parts: [State, number][] = day ? [['accepted', day.value], ['review', day.pending], ['excused', day.excused]] : [];
  const there = parts.filter(([, value]) => value > 0);
  const [first, other] = there;
  if (!first) return day?.rejected ? [mark('rejected')] : past ? [mark('none')] : [];
  if (first[1] >= 1) return [mark(first[0])];
  const half = { state: first[0], shape: first[0] === 'accepted' ? SHAPE.half : SHAPE[first[0]] + (other ? '' : '½') };
  return other ? [half, mark(other[0])] : [half];
}

const mark = (state: State): Mark => ({ state, shape: SHAPE[state] });

/** How many days before `today` this date lies. */
export const ago = (date: string, today: string): number => (Date.parse(today) - Date.parse(date)) / 86_400_000;
