/** What leaders and supervisors see and do: boards, attestations, flags, signing a console in. */
import { change, read } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Squad = S['SquadRow'];
export type Mate = S['TodayRow'];
export type Flag = S['FlagRow'];
export type Rung = S['RungRow'];
export type Vouched = S['AttestationRow'];
export type Scan = S['ScanReply'];

export const squads = async () => (await read<S['SquadsReply']>('/squads')).items;
export const board = (squad: string) => read<S['TodayReply']>(`/squads/${squad}/today`);
export const attest = (member: string, on: string, value: 0.5 | 1, reason: string) =>
  change<S['AttestationReply']>('POST', '/attestations', { member, on, value, reason });
export const vouched = async () => (await read<S['AttestationPage']>('/me/attestations', { limit: 10 })).items;
export const takeBack = (attestation: string, reason: string) =>
  change<S['AttestationEndReply']>('POST', `/attestations/${attestation}/withdrawal`, { reason }, true);
export const flags = (cursor = '') => read<S['FlagPage']>('/flags', { limit: 30, cursor });
/** Sent again in the same words it is the same decision, so a lost answer costs nothing. */
export const decide = (flag: string, decision: S['StepBody']) => change<S['StepRow']>('POST', `/flags/${flag}/steps`, decision, true);
export const look = (code: string) => read<Scan>(`/console/scans/${encodeURIComponent(code)}`);
export const confirm = (code: string) => change<void>('POST', `/console/scans/${encodeURIComponent(code)}/confirm`, undefined, true);
