/** 抽查: my own and the calls to my squad, one that waits first; why it was not answered, and what was decided. */
import { sentence } from '../../api/problem';
import * as api from '../../api/spots';
import { listing } from '../../listing';
import { toCheckin } from '../../to-checkin';
import { clock, moment, WORD } from '../../words';

const NOBODYS: Record<string, string> = {
  undelivered: '通知没有送达，不算未应答，不计入任何人。', wrong_number: '登记的号码有误，不计入任何人。',
};

const decided = (c: api.SpotCheck) => c.decision !== null;
const missed = (c: api.SpotCheck) => ['unanswered', 'late'].includes(c.state);

const row = (c: api.SpotCheck) => ({
  id: c.id, draw: c.draw, checkin: c.member ? c.checkin : null, what: c.kind_word + (c.aimed ? ' · 指定' : ''),
  when: `${moment(c.issues_at)} · ${c.station}`, tone: api.tone(c), word: decided(c) ? c.decision_word : c.state_word,
  answered: c.answered_at && c.member ? `${clock(c.answered_at)} 应答${c.checkin_holds ? `，照片${WORD[c.checkin_holds]}` : ''}` : '',
  nobodys: NOBODYS[c.state] ?? '',
  calls: c.calls.map((one) => [`${moment(one.called_at)} ${one.called_by}拨打${one.is_late ? `（${moment(one.logged_at)} 补记）` : ''}`, one.outcome_word, one.who, one.note].filter(Boolean).join('，')),
  explained: c.excuse_word ? `${c.explained_by}说明：${[c.excuse_word, c.explanation].filter(Boolean).join('。')}` : '',
  decided: decided(c) ? `${c.decided_by}：${c.decision_word}。${c.reason}` : '',
  mayExplain: missed(c) && !decided(c), mayShoot: c.state === 'unanswered' && !!c.member && !decided(c),
});

Page({
  ...listing,
  data: {
    items: [] as ReturnType<typeof row>[], open: null as null | api.SpotCheck, count: '', loaded: false, said: '',
    excuses: api.EXCUSES, explaining: '', excuse: '' as api.Excuse | '', text: '', wrong: '', busy: false,
  },
  cursor: '' as string | null,

  async load(cursor = '') {
    try {
      const page = await api.mine(cursor);
      this.cursor = page.next_cursor;
      const open = cursor ? this.data.open : page.items.find((c) => c.state === 'open') ?? null;
      const items = page.items.filter((c) => c.state !== 'open').map(row);
      const count = `本月已抽到您 ${page.this_month} 次，最多 ${page.month_cap} 次。`;
      this.setData({ items: [...(cursor ? this.data.items : []), ...items], open, count, loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  proof(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/spot/proof/proof?draw=${e.currentTarget.dataset.draw as string}` }); },
  evidence(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/pages/evidence/evidence?id=${e.currentTarget.dataset.checkin as string}` }); },
  shoot(e: WechatMiniprogram.TouchEvent) { toCheckin({ spot: e.currentTarget.dataset.id as string }); },

  begin(e: WechatMiniprogram.TouchEvent) { this.setData({ explaining: e.currentTarget.dataset.id as string, excuse: '', text: '', wrong: '' }); },
  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ excuse: e.currentTarget.dataset.excuse as api.Excuse, wrong: '' }); },
  write(e: WechatMiniprogram.Input) { this.setData({ text: e.detail.value, wrong: '' }); },

  async send() {
    const { explaining, excuse, text, busy } = this.data;
    if (busy) return;
    if (!excuse) return this.setData({ wrong: '请选一个原因。' });
    if (excuse === 'other' && !text.trim()) return this.setData({ wrong: '选“其他原因”时，请写一句说明。' });
    this.setData({ busy: true, wrong: '' });
    try {
      await api.explain(explaining, excuse, text.trim());
      this.setData({ explaining: '' });
      wx.showToast({ title: '已说明', icon: 'success' });
      await this.load();
    } catch (error) {
      this.setData({ wrong: `${sentence(error)}写的内容还在。` });
    } finally {
      this.setData({ busy: false });
    }
  },
});
