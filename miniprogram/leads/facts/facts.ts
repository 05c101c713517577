/** 下一步和情况: what is planned with a company and what is known of its plans, kept up to date by the squad that has it. */
import * as api from '../../api/leads';
import { sentence } from '../../api/problem';

const WHOLE = /^\d{1,9}$/, NUMBER = /^\d{1,9}(\.\d{1,3})?$/;

const written = (n: number | null) => (n === null ? '' : String(n));

/** As it stands, field by field, the way it is typed. */
const typed = (l: api.Lead) => ({
  next: l.next_action, nextOn: l.next_on ?? '', intent: l.intent, amount: written(l.investment_wan), currency: l.currency,
  land: written(l.land_mu), energy: written(l.energy_tce), eia: l.eia ?? '', environment: l.environment, channel: l.channel,
});
type Typed = ReturnType<typeof typed>;

const number = (text: string) => (text ? Number(text) : null);

/** What the server is told. */
const meant = (t: Typed) => ({
  next_action: t.next.trim(), next_on: t.nextOn || null, intent: t.intent.trim(), investment_wan: number(t.amount), currency: t.currency,
  land_mu: number(t.land), energy_tce: number(t.energy), eia: t.eia || null, environment: t.environment.trim(), channel: t.channel,
});

function objection(t: Typed): string {
  if (t.amount && !WHOLE.test(t.amount)) return '意向投资请填整数，单位万。';
  if (t.land && !NUMBER.test(t.land)) return '用地请填数字，单位亩。';
  if (t.energy && !NUMBER.test(t.energy)) return '能耗请填数字，单位吨标准煤/年。';
  return t.nextOn && !t.next.trim() ? '有日期，也请写一句下一步做什么。' : '';
}

Page({
  data: { loaded: false, said: '', wrong: '', busy: false, name: '', channels: api.CHANNELS, eias: api.EIAS, currencies: api.CURRENCIES, f: {} as Typed },
  id: '',
  before: {} as Typed,

  onLoad(query: { id?: string }) {
    this.id = query.id ?? '';
    this.load();
  },

  async load() {
    try {
      const lead = await api.one(this.id);
      this.before = typed(lead);
      this.setData({ f: typed(lead), name: lead.company.name, loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  type(e: WechatMiniprogram.Input) { this.put(e.currentTarget.dataset.field as keyof Typed, e.detail.value); },
  on(e: WechatMiniprogram.PickerChange) { this.put('nextOn', e.detail.value as string); },
  clear() { this.put('nextOn', ''); },
  choose(e: WechatMiniprogram.TouchEvent) {
    const { field, value } = e.currentTarget.dataset as { field: 'channel' | 'currency' | 'eia'; value: string };
    this.put(field, field === 'eia' && this.data.f.eia === value ? '' : value); // not known, again
  },
  put(field: keyof Typed, value: string) { this.setData({ [`f.${field}`]: value, wrong: '' }); },

  /** Only what was changed here: what a colleague changed meanwhile stays. */
  async send() {
    if (this.data.busy) return;
    const wrong = objection(this.data.f);
    if (wrong) return this.setData({ wrong });
    const was = meant(this.before), now = meant(this.data.f);
    const changes = Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== was[name as keyof typeof was]));
    if (!Object.keys(changes).length) return wx.navigateBack();
    this.setData({ busy: true });
    try {
      await api.revise(this.id, changes);
      wx.showToast({ title: '已更新', icon: 'success' });
      wx.navigateBack();
    } catch (error) {
      this.setData({ busy: false, wrong: `${sentence(error)}填的内容还在。` });
    }
  },
});
