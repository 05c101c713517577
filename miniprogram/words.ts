/** The words, shapes and dates that every page uses (design.md), so that a state looks the same wherever it stands. */

export type State = 'accepted' | 'review' | 'rejected' | 'excused' | 'half' | 'none';

/** What holds of a check-in now. */
export const holds = (row: { verdict: string; decision: string | null }): State => (row.decision ?? row.verdict) as State;

export const WORD: Record<State, string> = {
  accepted: '通过', review: '待核', rejected: '驳回', excused: '已请假', half: '半天', none: '未打卡',
};
export const SHAPE: Record<State, string> = { accepted: '✓', review: '◔', rejected: '✕', excused: '◇', half: '◐', none: '○' };

export const FINDING: Record<string, string> = { clear: '通过', suspect: '需核实', unknown: '未采集到' };
export const SIGN: Record<string, string> = { clear: '✓', suspect: '!', unknown: '–' };

const WORST = ['suspect', 'unknown', 'clear'];
/** What a person must look at comes first. */
export const worstFirst = <F extends { outcome: string }>(findings: F[]): F[] =>
  [...findings].sort((a, b) => WORST.indexOf(a.outcome) - WORST.indexOf(b.outcome));

export const FLAG: Record<string, { word: string; mark: string; tone: string }> = {
  behind: { word: '落后', mark: '▲', tone: 'review' },
  at_risk: { word: '有风险', mark: '▲▲', tone: 'review' },
  unreachable: { word: '已无法达标', mark: '▲▲▲', tone: 'rejected' },
  missed: { word: '未达标', mark: '■', tone: 'rejected' },
  uncovered: { word: '无人在外', mark: '▲', tone: 'review' },
};

export const LEAVES: { kind: LeaveKind; word: string }[] = [
  { kind: 'personal', word: '事假' }, { kind: 'sick', word: '病假' }, { kind: 'annual', word: '年休假' },
  { kind: 'official_trip', word: '公出' }, { kind: 'training', word: '培训' }, { kind: 'recall', word: '回县工作' },
  { kind: 'public_holiday', word: '法定节假日' }, { kind: 'maternity', word: '产假' }, { kind: 'make_up', word: '补卡' },
];
export type LeaveKind = 'training' | 'recall' | 'official_trip' | 'sick' | 'maternity' | 'annual' | 'public_holiday' | 'personal' | 'make_up';
export const LEAVE_STATE: Record<string, { word: string; tone: State }> = {
  pending: { word: '待审批', tone: 'review' }, approved: { word: '已同意', tone: 'accepted' },
  rejected: { word: '未同意', tone: 'rejected' }, withdrawn: { word: '已撤回', tone: 'none' },
  revoked: { word: '已撤销', tone: 'rejected' },
};

/** Why a check-in is rejected: as the reviewer chooses it, and the sentence it suggests for the member. */
export const REJECTIONS: { code: RejectionCode; word: string; sentence: string }[] = [
  { code: 'not_the_person', word: '照片中不是本人', sentence: '照片里看不出是您本人，这次没有通过。若有出入，可以申诉。' },
  { code: 'not_there', word: '位置或场景不在驻点', sentence: '照片或位置看不出在驻点，这次没有通过。若当时在外走访，可以申诉说明。' },
  { code: 'reused_photo', word: '用了以前的或他人的照片', sentence: '照片与以前的或他人的一张相同，这次没有通过。请以后当场拍摄；若有出入，可以申诉。' },
  { code: 'screen_or_edited', word: '翻拍屏幕或修改过的照片', sentence: '照片像是翻拍屏幕或修改过，这次没有通过。若有出入，可以申诉。' },
  { code: 'unreadable', word: '照片看不清', sentence: '照片看不清，认不出人和地点，这次没有通过。请在光线好的地方重新拍一张。' },
  { code: 'other', word: '其他', sentence: '' },
];
export type RejectionCode = 'not_the_person' | 'not_there' | 'reused_photo' | 'screen_or_edited' | 'unreadable' | 'other';

/** The roles that answer for others. */
export const LEADING = ['squad_leader', 'unit_supervisor', 'bureau_supervisor', 'county_leader'];

/** Those who watch over units that are not their own squad. */
export const COUNTY_WIDE = ['bureau_supervisor', 'county_leader'];
export const WATCHING = ['unit_supervisor', ...COUNTY_WIDE];

const WEEK = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];

/** A local date as people say it: 11月3日 周二. */
export function day(iso: string): string {
  const [year, month, date] = iso.split('-').map(Number);
  return `${month}月${date}日 ${WEEK[new Date(Date.UTC(year, month - 1, date)).getUTCDay()]}`;
}

/** What is planned, for when, and that its date is over, by the server's clock. */
export function planned(action: string, on: string | null, now: number): { said: string; over: string } {
  const late = on ? Math.round((Date.parse(onDate(new Date(now).toISOString())) - Date.parse(on)) / 86_400_000) : 0;
  return { said: [action, on ? day(on) : ''].filter(Boolean).join(' · '), over: late > 0 ? `下一步逾期 ${late} 天` : '' };
}

/** The date so many days before this one. */
export const dayBefore = (iso: string, days: number): string => new Date(Date.parse(iso) - days * 86_400_000).toISOString().slice(0, 10);

/** The days of a leave: 11月3日 周二 至 11月5日 周四, or one of them and whether it is half. */
export const span = (l: { starts_on: string; ends_on: string; value: number }): string =>
  (l.starts_on === l.ends_on ? day(l.starts_on) : `${day(l.starts_on)} 至 ${day(l.ends_on)}`) + (l.value < 1 ? ' · 半天' : '');

/** An instant by Beijing's clock, which every station of a county in China lives by: 11月3日 周二 08:41. */
export function moment(iso: string): string {
  return `${day(onDate(iso))} ${clock(iso)}`;
}

const beijing = (iso: string) => new Date(Date.parse(iso) + 8 * 3_600_000);
export const onDate = (iso: string): string => beijing(iso).toISOString().slice(0, 10);
export const clock = (iso: string): string => beijing(iso).toISOString().slice(11, 16);

/** 1, 0.5 or 16.5 as people write it. */
export const days = (n: number): string => String(Math.round(n * 10) / 10);

export function metres(m: number): string {
  return m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(m < 10_000 ? 1 : 0)} km`;
}

/** What a spot check's photo has to show. */
export const challengeWords = (asked: string | null) => (asked ? `照片里应出示：${/^\d+$/.test(asked) ? `数字 ${asked}` : asked}` : '');
