/** PURE: what a day was counted from, as lines that a person reads. */
import type { Day } from '../../api/me';
import { LEAVES, type State } from '../../words';

export interface Entry { key: string; checkin: string; state: State; word: string; said: string }

interface Source {
  type: 'checkin' | 'attestation' | 'leave'; id: string;
  holds?: string; by?: string; minute_of_day?: number; inside_window?: boolean; addendum?: boolean;
  halves?: number; reason?: string; kind?: string; effect?: string;
}

const EFFECT: Record<string, string> = {
  excused: '抵作在岗', lowers_target: '当月目标相应减少', present: '算在岗', none: '不影响目标',
  undecided: '等待审批', undecided_presence: '等待审批',
};

export const entries = (sources: Day['sources']): Entry[] => (sources as unknown as Source[]).map(entry);

function entry(s: Source): Entry {
  if (s.type === 'attestation') {
    return { key: s.id, checkin: '', state: 'accepted', word: '证明', said: `${s.halves === 1 ? '半天' : '整天'} · ${s.reason ?? ''}` };
  }
  if (s.type === 'leave') {
    const word = LEAVES.find((one) => one.kind === s.kind)?.word ?? '请假';
    return { key: s.id, checkin: '', state: 'excused', word, said: EFFECT[s.effect ?? ''] ?? '' };
  }
  const late = s.inside_window === false ? ' · 不在打卡时段' : '';
  const by = s.by === 'person' ? ' · 人工复核' : '';
  return { key: s.id, checkin: s.id, state: (s.holds ?? 'review') as State, word: '', said: `${clock(s.minute_of_day ?? 0)} 打卡${by}${late}${s.addendum ? ' · 结账后补记' : ''}` };
}

const two = (n: number) => String(n).padStart(2, '0');
const clock = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
