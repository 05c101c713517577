/** 报送线索: the company and where it came from; the rest when there is time. Whose it is, is said while one types. */
import * as api from '../../api/leads';
import { Refused, sentence } from '../../api/problem';
import { newId } from '../../queue/phone';

const TYPED_MS = 500;
const WHY: Record<api.Alike['why'], string> = { uscc: '代码相同', phone: '电话相同', name: '名称相同', sound: '读音相近' };

const known = (a: api.Alike) => ({
  id: a.company.id, name: a.company.name, why: WHY[a.why], state: a.company.state, lead: a.company.lead ?? '',
  whose: a.company.state === 'claimed' ? `${a.company.squad ?? ''}已首报`
    : a.company.state === 'yours' ? '本队在跟进' : a.company.state === 'pooled' ? '在公共池，可以接手' : '还没有人报送',
});

Page({
  data: {
    name: '', channel: '' as api.Channel | '', next: '', channels: api.CHANNELS, alike: [] as ReturnType<typeof known>[], doubtful: false,
    more: false, uscc: '', phone: '', city: '', intent: '', amount: '', nextOn: '',
    said: '', claimed: '', company: '', busy: false,
  },
  id: newId(),
  asked: newId(),
  began: new Date().toISOString(),
  typing: 0 as ReturnType<typeof setTimeout> | 0,

  type(e: WechatMiniprogram.Input) {
    const field = e.currentTarget.dataset.field as string;
    this.setData({ [field]: e.detail.value, said: '', claimed: '' });
    if (field === 'name' || field === 'uscc' || field === 'phone') this.lookSoon();
  },
  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ channel: e.currentTarget.dataset.channel as api.Channel, said: '' }); },
  on(e: WechatMiniprogram.PickerChange) { this.setData({ nextOn: e.detail.value as string }); },
  unfold() { this.setData({ more: true }); },

  lookSoon() {
    if (this.typing) clearTimeout(this.typing);
    this.typing = setTimeout(() => { this.look(); }, TYPED_MS);
  },

  /** Who it may be. Without signal nothing is shown, and reporting says the same later. */
  async look() {
    const name = this.data.name.trim();
    if (name.length < 2) {
      this.setData({ alike: [], doubtful: false });
      return;
    }
    try {
      const found = await api.alike(this.meant());
      if (name === this.data.name.trim()) this.setData({ alike: found.items.map(known), doubtful: found.uscc_doubtful });
    } catch {
      this.setData({ alike: [], doubtful: false });
    }
  },

  meant() {
    const { name, uscc, phone, city } = this.data;
    const whole = uscc.replace(/\s/g, '').length === 18;
    return { name: name.trim(), uscc: whole ? uscc : undefined, phone: phone.length >= 7 ? phone : undefined, home_city: city.trim() || undefined, is_other: false };
  },

  async send() {
    if (this.data.busy) return;
    const { name, channel, amount } = this.data;
    if (!name.trim()) return this.setData({ said: '请填写企业名称。' });
    if (!channel) return this.setData({ said: '请选一个来源。' });
    if (amount && !/^\d{1,9}$/.test(amount)) return this.setData({ said: '意向投资请填整数，单位万元。' });
    this.setData({ busy: true, said: '', claimed: '' });
    try {
      const lead = await api.report({
        id: this.id, company: { ...this.meant(), uscc: this.data.uscc.trim() || undefined, phone: this.data.phone.trim() || undefined }, channel, reported_at: this.began,
        intent: this.data.intent.trim(), investment_wan: amount ? Number(amount) : undefined, currency: 'CNY',
        next_action: this.data.next.trim(), next_on: this.data.nextOn || undefined,
      });
      wx.showToast({ title: '已报送', icon: 'success' });
      wx.redirectTo({ url: `/leads/lead/lead?id=${lead.id}` });
    } catch (error) {
      this.setData({ busy: false });
      this.refused(error);
    }
  },

  /** Somebody has it, we have it, or nobody has it any more: each with the way on. */
  refused(error: unknown) {
    if (error instanceof Refused && error.code === 'lead_known') {
      wx.redirectTo({ url: `/leads/lead/lead?id=${String(error.facts.lead)}` });
    } else if (error instanceof Refused && (error.code === 'company_claimed' || error.code === 'company_pooled')) {
      this.setData({ said: error.message, claimed: error.code, company: String(error.facts.company) });
    } else {
      this.setData({ said: `${sentence(error)}填的内容还在。` });
    }
  },

  async take() {
    try {
      const lead = await api.take(this.data.company);
      wx.redirectTo({ url: `/leads/lead/lead?id=${lead.id}` });
    } catch (error) {
      this.refused(error);
    }
  },

  async ask(e: WechatMiniprogram.TouchEvent) {
    const kind = e.currentTarget.dataset.kind as 'join' | 'contest';
    const title = kind === 'join' ? '申请加入' : '对首报有异议';
    const answer = await wx.showModal({ title, editable: true, placeholderText: kind === 'join' ? '写一句，能帮上什么' : '写一句，什么时候先接触的', confirmText: '提交' });
    if (!answer.confirm) return;
    const reason = answer.content?.trim();
    if (!reason) return this.setData({ said: '请写一句理由。' });
    try {
      await api.ask(this.data.company, { id: this.asked, kind, reason, reported_at: this.began });
      this.asked = newId();
      await wx.showModal({ title: '已提交', content: '由上级决定，有结果会发消息告诉您。', showCancel: false });
      wx.navigateBack();
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  open(e: WechatMiniprogram.TouchEvent) {
    const lead = e.currentTarget.dataset.lead as string;
    if (lead) wx.redirectTo({ url: `/leads/lead/lead?id=${lead}` });
  },
});
