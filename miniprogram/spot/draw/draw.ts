/** One draw as it stands: it looks again by itself while something is under way. */
import { sentence } from '../../api/problem';
import * as api from '../../api/spots';
import { watching } from '../../watching';
import { clock, moment, WORD } from '../../words';

const row = (c: api.SpotCheck) => ({
  id: c.id, checkin: c.checkin, who: c.member?.name ?? c.squad, where: `${c.member ? `${c.squad} · ` : ''}${c.station}`, word: c.decision_word ?? c.state_word,
  tone: api.tone(c),
  said: [
    c.member && c.state === 'open' ? `${clock(c.due_at)} 前应答` : '', c.answered_at && c.member ? `${clock(c.answered_at)} 应答` : '',
    c.checkin_holds ? `照片${WORD[c.checkin_holds]}` : '', c.excuse_word ? `说明：${[c.excuse_word, c.explanation].filter(Boolean).join('。')}` : '',
  ].filter(Boolean).join('，'),
});

function view(d: api.WholeDraw) {
  const calls = d.kind === 'call';
  return {
    title: d.state === 'announced' ? '已登记，几秒后抽签' : d.waiting ? `进行中：抽中 ${d.drawn}，已应答 ${d.answered}` : `已结束：抽中 ${d.drawn}，应答 ${d.answered}`,
    said: `${d.kind_word}${d.aimed ? '（指定）' : ''} · ${d.among} · ${moment(d.asked_at)}`, reason: d.reason, items: d.checks.map(row), underWay: d.state === 'announced' || d.waiting > 0,
    hidden: d.state === 'drawn' && d.drawn > d.checks.length ? '其余的还没有发出。发出以前，谁都看不到抽中了谁。' : '',
    fewer: d.state === 'drawn' && d.drawn && d.drawn < d.count ? `想抽 ${d.count} 个，能抽的只有 ${d.drawn} 个。` : '',
    nobody: d.state === 'drawn' && !d.drawn, why: [...new Set(d.pool.flatMap((one) => one.why ?? []))].join('；'),
    toCall: calls && d.waiting > 0, isOut: !!d.seed,
  };
}

Page({
  ...watching,
  data: { d: null as null | ReturnType<typeof view>, said: '' },
  id: '',

  onLoad(query: { id?: string }) { this.id = query.id ?? ''; },

  async load() {
    try {
      const d = view(await api.wholeDraw(this.id));
      this.setData({ d, said: '' });
      if (d.underWay) this.lookSoon();
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },
  evidence(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/pages/evidence/evidence?id=${e.currentTarget.dataset.checkin as string}` }); },
  proof() { wx.navigateTo({ url: `/spot/proof/proof?draw=${this.id}` }); },
  calls() { wx.navigateTo({ url: '/spot/calls/calls' }); },
});
