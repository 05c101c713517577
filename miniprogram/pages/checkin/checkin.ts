/** 打卡: a live photo and one fix, kept on the phone, sent at once; then the verdict. */
import type { Submitted } from '../../api/checkins';
import { clockOffset } from '../../api/clock';
import type * as me from '../../api/me';
import { against, type Fence } from '../../capture/distance';
import { discard } from '../../capture/photo';
import { locate, mend, NO_FIX, type Fix, type NoFix } from '../../capture/location';
import { session, TODAY } from '../../api/session';
import { ask, needed } from '../../privacy';
import { Full, type Outcome } from '../../queue/queue';
import { newest, refresh, spend } from '../../queue/tickets';
import { unsent, wake, type Reply } from '../../queue/unsent';
import { ask as allow, wanting } from '../../subscribe';
import { metres } from '../../words';

const PLACE: Record<'inside' | 'outside' | 'unsure', string> = { inside: '在围栏内', outside: '在围栏外', unsure: '定位较粗，说不准' };

interface Sheet { state: string; word: string; said: string; counts: string; sum: string; id: string; kept: boolean }

Page({
  data: {
    still: '',
    chip: { said: '正在定位…', is: 'none' },
    noFix: null as null | { why: NoFix; said: string; action: string },
    noPrivacy: false, // the guide was refused: there is neither camera nor position
    noCamera: false,
    note: '',
    busy: false,
    said: '',
    sheet: null as null | Sheet,
  },

  fix: null as Fix | null,
  takenAt: 0,
  ticket: '', // as it was at the shutter: one that was issued later bounds nothing
  templates: [] as string[],

  onLoad() {
    refresh();
    wanting().then((templates) => { this.templates = templates; }, () => undefined);
  },

  /** Opened, or back from elsewhere: who was on the way then may have arrived. */
  async onShow() {
    if (this.data.busy || (this.data.noPrivacy && (await needed()))) return;
    this.setData({ noPrivacy: false });
    this.place();
  },

  /** Where the phone is now; what was known a moment ago stands where nothing newer is to be had. */
  async place() {
    const known = this.fix;
    if (!known) this.setData({ chip: { said: '正在定位…', is: 'none' }, noFix: null });
    try {
      this.fix = await locate();
      this.setData({ chip: this.chip(this.fix), noFix: null });
    } catch (why) {
      if (known && why === 'failed') return;
      this.fix = null;
      if (why === 'refused' && (await needed())) return this.setData({ noPrivacy: true });
      this.setData({ noFix: { why: why as NoFix, ...NO_FIX[why as NoFix] }, chip: { said: '没有定位', is: 'none' } });
    }
  },

  chip(fix: Fix) {
    const today = wx.getStorageSync(TODAY) as me.Today | '';
    const fence = today ? (today.posting as Fence | null) : null;
    const error = `±${Math.round(fix.accuracy_m)}`;
    if (!fence) return { said: `已定位 ${error} m`, is: 'none' };
    const { distance, is } = against(fence, fix, fix.accuracy_m);
    return { said: `${PLACE[is]} · 距驻点 ${metres(distance)} ${error}`, is };
  },

  async fixPlace() {
    if (this.data.noFix) await mend(this.data.noFix.why);
    this.place();
  },

  async denied() { this.setData(await needed() ? { noPrivacy: true } : { noCamera: true }); },
  askPrivacy() { ask(); },
  agreed() {
    if (!this.data.noPrivacy) return;
    this.setData({ noPrivacy: false });
    this.place();
  },
  async allowCamera() {
    const { authSetting } = await wx.openSetting({});
    if (authSetting['scope.camera']) this.setData({ noCamera: false });
  },
  failed() { wx.showToast({ title: '没有拍成，再按一次', icon: 'none' }); },

  photo(e: WechatMiniprogram.CustomEvent<{ path: string; at: number }>) {
    this.takenAt = e.detail.at;
    this.ticket = newest();
    this.setData({ still: e.detail.path, said: '' });
    this.place();
  },
  again() {
    discard(this.data.still);
    this.setData({ still: '', said: '' });
  },

  /** The kept copy is what is sent; while it is being made, the still is needed. */
  onUnload() { if (this.data.still && (this.data.sheet || !this.data.busy)) discard(this.data.still); },
  write(e: WechatMiniprogram.Input) { this.data.note = e.detail.value; }, // no page needs to be drawn for it

  /** The question must be put within the tap; the photo is kept meanwhile, and sent once it is answered. */
  async send() {
    if (this.data.busy || !this.data.still || !this.fix) return;
    if (!session()) return this.setData({ said: '还没有登录。请联网后回到今天页，再来打卡。' });
    this.setData({ busy: true, said: '' });
    const asked = allow(this.templates);
    try {
      const form = this.form(this.fix);
      const item = await unsent.add({ kind: 'checkin', form, device: this.device() }, [this.data.still]);
      spend(form.ticket);
      this.show({ state: 'none', word: '已存好', said: '正在提交。信号不好也不要紧，下次打开驻点通会接着提交。', kept: true, id: item.id });
      const answer = unsent.outcome(item.id);
      await asked;
      wake(true);
      this.tell(item.id, await answer);
    } catch (error) {
      this.setData({ busy: false, said: error instanceof Full ? error.message : '没有存好，请再按一次“提交”。' });
    }
  },

  form(fix: Fix) {
    return {
      lat: String(fix.lat), lng: String(fix.lng), datum: fix.datum, accuracy_m: String(fix.accuracy_m),
      captured_at: new Date(this.takenAt).toISOString(), ticket: this.ticket, kind: 'station' as const, note: this.data.note.trim(),
    };
  },

  /** The offset as it was at the capture: by the time of sending, somebody may have set the clock. */
  device(): Record<string, string | number> {
    const { model, platform } = wx.getDeviceInfo();
    const offset = clockOffset();
    const known = { model, platform, wechat_version: wx.getAppBaseInfo().version };
    return offset === null ? known : { ...known, clock_offset_ms: offset };
  },

  tell(id: string, outcome: Outcome<Reply>) {
    if (outcome.is !== 'taken') {
      return this.show({ state: outcome.is === 'later' ? 'none' : 'review', word: outcome.is === 'later' ? '已存好' : '没有提交', said: outcome.said, kept: true, id });
    }
    const { verdict, reason, comparing, day, month } = outcome.reply as Submitted;
    wx.vibrateShort({ type: 'medium' });
    return this.show({
      state: verdict, word: '', said: comparing ? '照片正在比对，几秒后有结果。' : reason,
      counts: day.explanation, sum: month.sum_explanation, kept: false, id,
    });
  },

  show(sheet: Partial<Sheet>) { this.setData({ sheet: { counts: '', sum: '', ...sheet } as Sheet }); },

  evidence() { wx.redirectTo({ url: `/pages/evidence/evidence?id=${this.data.sheet?.id}` }); },
  done() { wx.switchTab({ url: '/pages/today/today' }); },
});
