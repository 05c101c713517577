/** 今天: where I am and by when, the one button, the month, the next thing. Shown from the phone at once, then renewed. */
import * as api from '../../api/me';
import { clockOffset, serverNow } from '../../api/clock';
import { Refused, sentence } from '../../api/problem';
import { forget, TODAY as KEY } from '../../api/session';
import { badge, badgeSpot } from '../../badge';
import { whereabouts } from '../../capture/distance';
import { locate, mend, NO_FIX, type NoFix } from '../../capture/location';
import { topUp } from '../../queue/tickets';
import { counted, STATE, unsent, wake } from '../../queue/unsent';
import { toCheckin } from '../../to-checkin';
import { day, holds } from '../../words';
import { action, forecast, type Action } from './action';

Page({
  data: {
    state: 'loading' as 'loading' | 'ready' | 'failed',
    said: '',
    old: '', // why what is shown may not be the newest
    on: '',
    place: '',
    squad: '',
    far: '', // how far the station is, once somebody asks
    noFix: '' as NoFix | '',
    act: { kind: 'go', label: '打卡', hint: '' } as Action,
    month: null as null | { confirmed: number; pending: number; excused: number; target: number },
    sum: '',
    forecast: '',
    last: null as null | { id: string; state: string; reason: string },
    notice: null as null | { id: string; title: string; text: string },
    unread: 0,
    queue: null as null | { count: string; said: string; held: boolean },
    spot: null as null | NonNullable<api.Today['spot_check']>,
    escorts: [] as string[], // that wait for my answer
    leads: false,
    posted: false,
  },

  today: null as api.Today | null,
  forgetQueue: null as null | (() => void),
  gone: false,
  timer: 0 as unknown as ReturnType<typeof setTimeout>,

  onLoad() {
    const kept = wx.getStorageSync(KEY) as api.Today | '';
    if (kept) this.draw(kept);
    this.forgetQueue = unsent.watch(() => this.drawQueue());
  },

  onShow() {
    this.drawQueue();
    this.refresh();
  },

  onHide() { clearTimeout(this.timer); },

  onUnload() {
    this.gone = true;
    clearTimeout(this.timer);
    this.forgetQueue?.();
  },

  async onPullDownRefresh() {
    await Promise.all([this.refresh(), wake(true)]);
    wx.stopPullDownRefresh();
  },

  /** How far it is to the station: worked out on the phone, sent nowhere. */
  async measure() {
    const fence = this.today?.posting;
    if (!fence) return;
    if (this.data.noFix) await mend(this.data.noFix);
    this.setData({ far: '正在定位…', noFix: '' });
    try {
      const fix = await locate();
      this.setData({ far: whereabouts(fence, fix, fix.accuracy_m).said });
    } catch (why) {
      this.setData({ far: NO_FIX[why as NoFix].said, noFix: why as NoFix });
    }
  },

  async refresh() {
    try {
      const today = await api.today();
      wx.setStorageSync(KEY, today);
      if (this.gone) return;
      this.draw(today);
      this.setData({ old: '' });
      wake(); // signed in now, whoever was not
      if (today.consent_given && today.posting) topUp();
    } catch (error) {
      this.failed(error);
    }
  },

  failed(error: unknown) {
    if (error instanceof Refused && error.code === 'binding_required') {
      wx.removeStorageSync(KEY);
      forget();
      wx.reLaunch({ url: '/pages/welcome/welcome' });
      return;
    }
    if (error instanceof Refused && error.code === 'other_member') {
      this.today = null;
      this.setData({ state: 'loading' });
      this.refresh(); // as who has signed in now
      return;
    }
    if (this.today) this.setData({ old: sentence(error) + '显示的是上次的内容。' });
    else this.setData({ state: 'failed', said: sentence(error) + '没有丢失任何打卡。' });
  },

  draw(today: api.Today) {
    this.today = today;
    const last = today.checkins[today.checkins.length - 1];
    this.setData({
      state: 'ready',
      on: day(today.on),
      place: today.posting?.station ?? '今天没有派驻',
      squad: today.posting?.squad ?? today.member.unit,
      month: today.month,
      sum: today.month.sum_explanation,
      forecast: forecast(today.month),
      last: last ? { id: last.id, state: holds(last), reason: last.reason } : null,
      notice: today.notice ? { id: today.notice.id, title: today.notice.title, text: today.notice.text } : null,
      unread: today.unread,
      spot: today.spot_check ?? null, // undefined: as an earlier version kept it
      escorts: today.escorts ?? [],
      posted: !!today.posting,
      leads: today.member.roles.some((role) => role !== 'member'),
    });
    badge(today.unread);
    badgeSpot(Boolean(today.spot_check));
    this.drawAction();
    this.renewLater(today);
  },

  drawAction() {
    if (!this.today) return;
    const queued = unsent.mine().flatMap((item) => (item.kind === 'checkin' && item.state !== 'held' ? [item.form.captured_at] : []));
    const taken = queued.map((at) => Date.parse(at) + (clockOffset() ?? 0));
    this.setData({ act: action(this.today, serverNow(), taken) });
  },

  drawQueue() {
    const items = unsent.mine();
    const first = items[0];
    const held = items.some((item) => item.state === 'held');
    this.setData({ queue: first ? { count: counted(items), held, said: first.said || `${STATE[first.state].word}。` } : null });
    this.drawAction();
  },

  /** At the next moment that changes the button (a window opens or closes, the day ends) look again. */
  renewLater(today: api.Today) {
    clearTimeout(this.timer);
    const moments = [today.ends_at, ...today.windows.flatMap((w) => [w.opens_at, w.closes_at]), ...(today.more_from ? [today.more_from] : [])];
    const next = Math.min(...moments.map((m) => Date.parse(m)).filter((at) => at > serverNow()));
    if (!Number.isFinite(next)) return;
    this.timer = setTimeout(() => {
      this.drawAction();
      this.refresh();
    }, Math.min(next - serverNow() + 500, 2_000_000_000));
  },

  press() {
    const { kind } = this.data.act;
    if (kind === 'go') toCheckin();
    else if (kind === 'done' && this.data.last) this.openLast();
    else if (kind === 'done') this.openQueue();
    else wx.showToast({ title: this.data.act.hint, icon: 'none' });
  },

  /** Whatever the day still asks for, a visit can always be recorded. */
  visit() { toCheckin({ visit: '' }); },

  openEscorts() {
    const [first, second] = this.data.escorts;
    wx.navigateTo({ url: second ? '/leads/escorts/escorts' : `/leads/escort/escort?id=${first}` });
  },
  openLast() { wx.navigateTo({ url: `/pages/evidence/evidence?id=${this.data.last?.id}` }); },
  openQueue() { wx.navigateTo({ url: '/pages/unsent/unsent' }); },
  openMessages() { wx.switchTab({ url: '/pages/messages/messages' }); },
  openCalendar() { wx.switchTab({ url: '/pages/calendar/calendar' }); },
  openBoard() { wx.navigateTo({ url: '/team/board/board' }); },
});
