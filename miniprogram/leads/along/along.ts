/** 提请县领导: who is asked along to a company, at which of up to three times, where and what for. */
import { serverNow } from '../../api/clock';
import * as api from '../../api/escorts';
import { sentence } from '../../api/problem';
import { newId } from '../../queue/phone';
import { day, onDate } from '../../words';

const MOST = 3;
interface Typed { on: string; from: string; to: string; said: string }
const EMPTY: Typed = { on: '', from: '09:00', to: '11:30', said: '' };

/** What a picker gave, by Beijing's clock. */
const instant = (on: string, at: string) => `${on}T${at}:00+08:00`;

function objection(slots: Typed[], now: number): string {
  if (slots.some((one) => !one.on)) return '请选日期；不需要的时间可以删掉。';
  if (slots.some((one) => one.from >= one.to)) return '结束时间要晚于开始时间。';
  if (slots.some((one) => Date.parse(instant(one.on, one.from)) <= now)) return '提出的时间要在将来。';
  return new Set(slots.map((one) => `${one.on}${one.from}${one.to}`)).size < slots.length ? '有两个时间是一样的。' : '';
}

Page({
  data: {
    loaded: false, said: '', wrong: '', busy: false, most: MOST, today: '',
    leaders: [] as { id: string; name: string }[], leader: '', slots: [EMPTY], place: '', purpose: '',
  },
  lead: '',
  id: newId(), // it stays until it has arrived: whatever was lost on the way, the leader is asked once

  onLoad(query: { id?: string }) {
    this.lead = query.id ?? '';
    this.setData({ today: onDate(new Date(serverNow()).toISOString()) });
    this.load();
  },
  async load() {
    try {
      const leaders = await api.leaders();
      this.setData({ leaders, leader: leaders.length === 1 ? leaders[0].id : '', loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ leader: e.currentTarget.dataset.id as string, wrong: '' }); },
  type(e: WechatMiniprogram.Input) { this.setData({ [e.currentTarget.dataset.field as string]: e.detail.value, wrong: '' }); },
  pick(e: WechatMiniprogram.PickerChange) {
    const { at, field } = e.currentTarget.dataset as { at: number; field: 'on' | 'from' | 'to' };
    const value = e.detail.value as string;
    this.setData({ [`slots[${at}].${field}`]: value, ...(field === 'on' ? { [`slots[${at}].said`]: day(value) } : {}), wrong: '' });
  },
  more() { this.setData({ slots: [...this.data.slots, EMPTY] }); },
  less(e: WechatMiniprogram.TouchEvent) { this.setData({ slots: this.data.slots.filter((_, n) => n !== e.currentTarget.dataset.at) }); },

  async send() {
    const { leader, slots, busy } = this.data;
    const [place, purpose] = [this.data.place.trim(), this.data.purpose.trim()];
    if (busy) return;
    const wrong = !leader ? '请选一位县领导。' : objection(slots, serverNow()) || (place && purpose ? '' : '请写明去哪里、为什么需要领导出面。');
    if (wrong) return this.setData({ wrong });
    this.setData({ busy: true, wrong: '' });
    try {
      const times = slots.map((one) => ({ starts_at: instant(one.on, one.from), ends_at: instant(one.on, one.to) }));
      await api.ask(this.lead, { id: this.id, leader, slots: times, place, purpose });
      wx.showToast({ title: '已提请', icon: 'success' });
      wx.navigateBack();
    } catch (error) {
      this.setData({ busy: false, wrong: `${sentence(error)}填的内容还在。` });
    }
  },
});
