/** 打卡: a live photo and one fix, kept on the phone, sent at once; then the verdict. The same answers a spot check. */
import type { Submitted } from '../../api/checkins';
import { clockOffset } from '../../api/clock';
import type * as me from '../../api/me';
import { Refused, sentence } from '../../api/problem';
import { openCamera } from '../../api/spots';
import { whereabouts, type Fence } from '../../capture/distance';
import { discard } from '../../capture/photo';
import { locate, mend, NO_FIX, type Fix, type NoFix } from '../../capture/location';
import { session, TODAY } from '../../api/session';
import { ask, needed } from '../../privacy';
import { Full, type Form, type Outcome } from '../../queue/queue';
import { renew, visitable } from '../../known-leads';
import { newest, refresh, spend } from '../../queue/tickets';
import { unsent, wake, type Reply } from '../../queue/unsent';
import { ask as allow, wanting } from '../../subscribe';
import { consentFor, type Errand } from '../../to-checkin';

const FEW = 3; // leads that are offered before somebody asks for more

interface Sheet { state: string; word: string; said: string; counts: string; sum: string; id: string; kept: boolean }
interface Lead { id: string; name: string }

/** Whether the phone keeps the camera from WeChat itself. */
const barred = () => wx.getAppAuthorizeSetting().cameraAuthorized === 'denied';

Page({
  data: {
    still: '',
    chip: { said: '正在定位…', is: 'none' },
    noFix: null as null | { why: NoFix; said: string; action: string },
    noPrivacy: false, // the guide was refused: there is neither camera nor position
    noCamera: '' as '' | 'refused' | 'barred', // by the person to us, or by the phone to WeChat
    note: '',
    visiting: false, // opened for a visit, or a lead is chosen: the check-in is one of that kind
    lead: null as null | Lead,
    offered: [] as Lead[],
    more: 0,
    spot: '', // the spot check that it answers
    challenge: '', // what is to be shown on its photo: a gesture, or digits
    digits: false,
    noTicket: null as null | { said: string; over: boolean },
    told: '',
    busy: false,
    said: '',
    sheet: null as null | Sheet,
  },

  fix: null as Fix | null,
  takenAt: 0,
  ticket: '', // as it was at the shutter: one that was issued later bounds nothing; of a spot check its own
  templates: [] as string[],

  forVisit: false,
  gone: false,

  onLoad(query: Errand) {
    wanting().then((templates) => { this.templates = templates; }, () => undefined);
    if (query.spot) {
      wx.setNavigationBarTitle({ title: '抽查应答' });
      return this.setData({ spot: query.spot });
    }
    this.forVisit = query.visit !== undefined;
    if (this.forVisit) wx.setNavigationBarTitle({ title: '走访打卡' });
    this.offer(visitable().find((one) => one.id === query.visit) ?? null);
    renew().then(() => this.gone || this.offer(this.data.lead ?? visitable().find((one) => one.id === query.visit) ?? null));
    refresh();
  },

  /** Opened, or back from elsewhere: who was on the way then may have arrived. */
  async onShow() {
    if (this.data.busy || (this.data.noPrivacy && (await needed()))) return;
    this.setData({ noPrivacy: false, noCamera: this.data.noCamera === 'barred' && !barred() ? '' : this.data.noCamera });
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

  /** A few, the chosen one among them. */
  offer(lead: Lead | null, all = false) {
    const leads = visitable();
    const few = all ? leads : leads.slice(0, FEW);
    const offered = lead && !few.some((one) => one.id === lead.id) ? [lead, ...few.slice(0, -1)] : few;
    this.setData({ lead, visiting: this.forVisit || !!lead, offered, more: Math.max(leads.length - offered.length, 0) });
    if (this.fix) this.setData({ chip: this.chip(this.fix) });
  },
  choose(e: WechatMiniprogram.TouchEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    const chosen = this.data.offered.find((one) => one.id === id) ?? null;
    this.offer(chosen?.id === this.data.lead?.id ? null : chosen, !this.data.more);
    this.setData({ said: '' });
  },
  unfold() { this.offer(this.data.lead, true); },

  chip(fix: Fix) {
    const today = wx.getStorageSync(TODAY) as me.Today | '';
    const fence = today ? (today.posting as Fence | null) : null;
    if (!fence || this.data.visiting) return { said: `已定位 ±${Math.round(fix.accuracy_m)} m`, is: 'none' };
    return whereabouts(fence, fix, fix.accuracy_m);
  },

  async fixPlace() {
    if (this.data.noFix) await mend(this.data.noFix.why);
    this.place();
  },

  /** The camera is open. What is to be shown is fetched only now and stands over it alone, so that nobody prepares. */
  async opened() {
    if (!this.data.spot || this.ticket) return;
    try {
      const { ticket, challenge } = await openCamera(this.data.spot);
      this.ticket = ticket;
      this.setData({ challenge: challenge ?? '', digits: /^\d+$/.test(challenge ?? '') });
    } catch (error) {
      const code = error instanceof Refused ? error.code : '';
      if (code === 'consent_required') return wx.redirectTo({ url: consentFor({ spot: this.data.spot }) });
      this.setData({ noTicket: { said: sentence(error), over: ['spot_answered', 'spot_over', 'not_found'].includes(code) } });
    }
  },
  reopen() { this.setData({ noTicket: null }); }, // the camera opens anew, and asks again
  toSpots() { wx.redirectTo({ url: '/spot/mine/mine' }); },

  async denied() { this.setData(await needed() ? { noPrivacy: true } : { noCamera: barred() ? 'barred' : 'refused' }); },
  askPrivacy() { ask(); },
  agreed() {
    if (!this.data.noPrivacy) return;
    this.setData({ noPrivacy: false });
    this.place();
  },
  async allowCamera() {
    if (this.data.noCamera === 'barred') return wx.openAppAuthorizeSetting({}).catch(() => undefined);
    const { authSetting } = await wx.openSetting({});
    if (authSetting['scope.camera']) this.setData({ noCamera: '' });
  },
  failed() { wx.showToast({ title: '没有拍成，再按一次', icon: 'none' }); },

  photo(e: WechatMiniprogram.CustomEvent<{ path: string; at: number }>) {
    this.takenAt = e.detail.at;
    if (!this.data.spot) this.ticket = newest();
    this.setData({ still: e.detail.path, said: '' });
    this.place();
  },
  again() {
    discard(this.data.still);
    this.setData({ still: '', said: '' });
  },

  /** The kept copy is what is sent; while it is being made, the still is needed. */
  onUnload() {
    this.gone = true;
    if (this.data.still && (this.data.sheet || !this.data.busy)) discard(this.data.still);
  },
  write(e: WechatMiniprogram.Input) { this.data.note = e.detail.value; }, // no page needs to be drawn for it

  /** The question must be put within the tap; the photo is kept meanwhile, and sent once it is answered. */
  async send() {
    if (this.data.busy || !this.data.still || !this.fix) return;
    if (!session()) return this.setData({ said: '还没有登录。请联网后回到今天页，再来打卡。' });
    if (this.data.lead && !this.data.note.trim()) return this.setData({ said: '请先写一句跟进。' });
    this.setData({ busy: true, said: '' });
    const asked = allow(this.templates);
    try {
      const form = this.form(this.fix);
      const item = await unsent.add({ kind: 'checkin', form, device: this.device(), ...(this.data.spot ? { spot: this.data.spot } : {}) }, [this.data.still]);
      spend(form.ticket);
      if (this.data.lead) this.setData({ told: await this.tellOf(this.data.lead, item.id) });
      this.show({ state: 'none', word: '已存好', said: '正在提交。信号不好也不要紧，下次打开驻点通会接着提交。', kept: true, id: item.id });
      const answer = unsent.outcome(item.id);
      await asked;
      wake(true);
      this.tell(item.id, await answer);
    } catch (error) {
      this.setData({ busy: false, said: error instanceof Full ? error.message : '没有存好，请再按一次“提交”。' });
    }
  },

  /** The update goes behind its check-in, which corroborates it. What became of it: the check-in is kept already. */
  tellOf(lead: Lead, visit: string): Promise<string> {
    const note = { text: this.data.note.trim(), answers: false, happened_at: new Date(this.takenAt).toISOString(), visit };
    return unsent.add({ kind: 'update', lead: lead.id, company: lead.name, note }, [], visit)
      .then(() => `跟进记在“${lead.name}”。`, () => '手机里存不下了，跟进没有存好，请稍后到线索里补写。');
  },

  form(fix: Fix) {
    const { lead, note, visiting, spot } = this.data;
    const kind: Form['kind'] = spot ? 'spot' : visiting ? 'visit' : 'station';
    return {
      lat: String(fix.lat), lng: String(fix.lng), datum: fix.datum, accuracy_m: String(fix.accuracy_m),
      captured_at: new Date(this.takenAt).toISOString(), ticket: this.ticket, kind, note: lead ? `走访：${lead.name}` : note.trim(),
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
      return this.show({ state: outcome.is === 'later' ? 'none' : 'review', word: outcome.is === 'later' ? '已存好' : '没有提交', said: outcome.said + (this.data.spot && outcome.is === 'later' ? '按拍照的时间算。' : ''), kept: true, id });
    }
    const { verdict, reason, comparing, day, month } = outcome.reply as Submitted;
    wx.vibrateShort({ type: 'medium' });
    return this.show({
      state: verdict, word: '', said: this.data.spot ? '已应答，等人复核。' : comparing ? '照片正在比对，几秒后有结果。' : reason,
      counts: day.explanation, sum: month.sum_explanation, kept: false, id,
    });
  },

  show(sheet: Partial<Sheet>) { this.setData({ sheet: { counts: '', sum: '', ...sheet } as Sheet }); },

  evidence() { wx.redirectTo({ url: `/pages/evidence/evidence?id=${this.data.sheet?.id}` }); },
  done() { wx.switchTab({ url: '/pages/today/today' }); },
});
