/** 提请县领导: asked along for a lead with some times, answered with one of them, and what came of it. */
import { change, read } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Escort = S['EscortRow'];
export type Whole = S['EscortReply'];
export type Slot = S['SlotBody'];
export type Shown = Escort['state'] | 'all';

export const leaders = async () => (await read<S['LeaderList']>('/escort-leaders')).items;
/** Sent again with the same id it is the same wish. */
export const ask = (lead: string, body: S['EscortBody']) => change<Escort>('POST', `/leads/${lead}/escorts`, body, true);
export const list = (state: Shown, cursor = '') => read<S['EscortPage']>('/escorts', { limit: 30, cursor, state });
export const ofLead = async (lead: string) => (await read<S['EscortPage']>('/escorts', { limit: 10, lead })).items;
export const one = (id: string) => read<Whole>(`/escorts/${id}`);
/** The same answer again is a retry, and so is each of those below. */
export const answer = (id: string, body: S['AnswerBody']) => change<Escort>('POST', `/escorts/${id}/answer`, body, true);
export const callOff = (id: string, reason: string) => change<Escort>('POST', `/escorts/${id}/call-off`, { reason }, true);
export const finish = (id: string, outcome: string) => change<Escort>('POST', `/escorts/${id}/outcome`, { outcome }, true);

/** By the state, as <state-mark> draws it. */
export const TONE: Record<Escort['state'], string> = {
  open: 'review', accepted: 'accepted', declined: 'none', called_off: 'none', done: 'excused',
};
/** Of whom, and when: the agreed time, or that there are some to choose from. */
export const said = (e: Escort) => ({
  id: e.id, company: e.company, leader: e.leader.name, squad: e.squad, tone: TONE[e.state], word: e.state_word,
  when: e.chosen ? e.chosen.word : e.state === 'open' ? e.slots.map((slot) => slot.word).join('，或') : '', place: e.place,
});
