/** 抽查: one's own and the calls to one's squad, how a draw can be checked again, and the call sheet. */
import type { Ticket } from './checkins';
import { change, read } from './request';
import type { State } from '../words';
import type { components } from './types';

type S = components['schemas'];
export type SpotCheck = S['SpotCheckRow'];
export type Excuse = S['ExplanationBody']['excuse'];
export type Outcome = S['CallBody']['outcome'];
export type ToCall = S['CallSheetRow'];
export type Draw = S['DrawRow'];
export type WholeDraw = S['DrawReply'];
export type Kind = Draw['kind'];

export const mine = (cursor = '') => read<S['MySpotChecks']>('/me/spot-checks', { limit: 20, cursor });
/** A ticket with what is to be shown: the same when it is asked for again, so a lost answer costs nothing. */
export const openCamera = (id: string) => change<Ticket>('POST', `/me/spot-checks/${id}/camera`, undefined, true);
export const explain = (id: string, excuse: Excuse, text: string) =>
  change<SpotCheck>('POST', `/spot-checks/${id}/explanation`, { excuse, text }, true);
export const draws = (cursor = '') => read<S['DrawPage']>('/draws', { limit: 20, cursor });
export const wholeDraw = (id: string) => read<WholeDraw>(`/draws/${id}`);
/** The same id with the same wish is the same draw, so a lost answer costs nothing. */
export const draw = (wish: S['DrawBody']) => change<Draw>('POST', '/draws', wish, true);
export const proof = (draw: string) => read<S['VerificationReply']>(`/draws/${draw}/verification`);
export const toCall = async () => (await read<S['CallSheet']>('/spot-calls')).items;
export const log = (id: string, made: S['CallBody']) => change<SpotCheck>('POST', `/spot-checks/${id}/calls`, made, true);

export const EXCUSES: { excuse: Excuse; word: string }[] = [
  { excuse: 'no_signal', word: '没有信号' }, { excuse: 'driving', word: '正在开车' }, { excuse: 'meeting', word: '正在与客商会谈' },
  { excuse: 'phone', word: '手机故障或没电' }, { excuse: 'other', word: '其他原因' },
];
export const OUTCOMES: { outcome: Outcome; word: string }[] = [
  { outcome: 'answered', word: '在驻点接听' }, { outcome: 'forwarded', word: '呼叫转移后接听' },
  { outcome: 'no_answer', word: '无人接听' }, { outcome: 'wrong_number', word: '号码有误' },
];

const TONE: Record<string, State> = { answered: 'accepted', late: 'review', open: 'review', unanswered: 'review' };

/** How it stands, in the states of design.md: a person's decision, else its course. */
export const tone = (c: SpotCheck): State => (c.decision ? (c.decision === 'excused' ? 'excused' : 'rejected') : TONE[c.state] ?? 'none');
