/** 线索: companies found as they are typed, leads reported, followed up and moved on. */
import { change, read, upload } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Lead = S['LeadReply'];
export type Row = S['LeadRow'];
export type Company = S['CompanyRow'];
export type Update = S['UpdateRow'];
export type Alike = S['AlikeRow'];
export type Channel = S['ReportBody']['channel'];
export type DeadEnd = S['ClosingBody']['code'];
export type Stage = Lead['stage'];
export type Shown = 'mine' | 'squad' | 'pooled';

export const list = (shown: Shown, cursor = '') => read<S['LeadPage']>('/leads', {
  limit: 30, cursor, state: shown === 'pooled' ? 'pooled' : 'open', mine: shown === 'mine' ? true : undefined,
});
export const one = (id: string) => read<Lead>(`/leads/${id}`);
export const alike = (company: S['CompanyBody']) => change<S['AlikeList']>('POST', '/companies/alike', company, true);
/** Sent again with the same id it is the same lead, so a lost answer costs nothing. */
export const report = (body: S['ReportBody']) => change<Lead>('POST', '/leads', body, true);
export const take = (company: string) => change<Lead>('POST', `/companies/${company}/take`, {}, true);
export const ask = (company: string, body: S['RequestBody']) => change<S['RequestRow']>('POST', `/companies/${company}/requests`, body, true);
export const move = (id: string, stage: Stage, reason: string) => change<Lead>('POST', `/leads/${id}/stages`, { stage, reason }, true);
/** Never repeated here: the queue that keeps it decides that. */
export const note = (id: string, body: S['UpdateBody']) => change<Update>('POST', `/leads/${id}/updates`, body);
/** A picture of an update, sent before it. */
export const picture = (lead: string, file: string, id: string) => upload<S['PictureReply']>(`/leads/${lead}/photos`, file, 'photo', { id });
/** What is left out stays as it is. */
export const revise = (id: string, changes: Partial<S['LeadChangeBody']>) => change<Lead>('POST', `/leads/${id}/changes`, changes, true);
export const close = (id: string, body: S['ClosingBody']) => change<S['RequestRow']>('POST', `/leads/${id}/closing`, body, true);
export const reopen = (id: string, reason: string) => change<Lead>('POST', `/leads/${id}/reopen`, { reason }, true);

export const STAGES: { stage: Stage; word: string }[] = [
  { stage: 'lead', word: '线索' }, { stage: 'contacted', word: '接触' }, { stage: 'visited', word: '考察' },
  { stage: 'talks', word: '洽谈' }, { stage: 'signing', word: '拟签约' }, { stage: 'signed', word: '签约' },
];
export const CHANNELS: { channel: Channel; word: string }[] = [
  { channel: 'exhibition', word: '展会' }, { channel: 'chamber', word: '商会协会' }, { channel: 'referral', word: '熟人介绍' },
  { channel: 'cold_call', word: '主动上门' }, { channel: 'inquiry', word: '企业来询' }, { channel: 'directory', word: '目标企业名录' },
  { channel: 'other', word: '其他' },
];
export const CURRENCIES: { currency: Lead['currency']; word: string }[] = [
  { currency: 'CNY', word: '人民币' }, { currency: 'USD', word: '美元' }, { currency: 'EUR', word: '欧元' },
  { currency: 'HKD', word: '港元' }, { currency: 'JPY', word: '日元' },
];
export const EIAS: { eia: NonNullable<Lead['eia']>; word: string }[] = [
  { eia: 'registration', word: '登记表' }, { eia: 'form', word: '报告表' }, { eia: 'report', word: '报告书' },
];
export const ENDS: { code: DeadEnd; word: string }[] = [
  { code: 'invested_elsewhere', word: '已落户别处' }, { code: 'plan_cancelled', word: '企业取消计划' },
  { code: 'does_not_fit', word: '不符合产业或环保要求' }, { code: 'no_land_or_energy', word: '用地或能耗无法满足' },
  { code: 'no_reply', word: '多次联系没有回应' }, { code: 'closed_down', word: '企业停业或注销' }, { code: 'other', word: '其他原因' },
];

type Plans = Pick<Lead, 'intent' | 'investment_wan' | 'currency' | 'land_mu' | 'energy_tce' | 'eia_word' | 'environment'>;

/** What the company plans, as far as it is known: each by its name. */
export const plans = (l: Plans): [string, string][] => [
  ['意向', l.intent],
  ['意向投资', l.investment_wan === null ? '' : `${l.investment_wan} 万${l.currency === 'CNY' ? '元' : CURRENCIES.find((c) => c.currency === l.currency)?.word ?? ''}`],
  ['用地', l.land_mu === null ? '' : `${l.land_mu} 亩`], ['能耗', l.energy_tce === null ? '' : `${l.energy_tce} 吨标准煤/年`],
  ['环评', l.eia_word ?? ''], ['环保', l.environment],
];
