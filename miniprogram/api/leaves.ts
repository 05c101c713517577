/** 请假、公出、培训、补卡: asked for, withdrawn, decided on. */
import { change, read } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Leave = S['LeaveRow'];
export type NewLeave = S['LeaveBody'];

export const mine = (member: string, cursor = '') => read<S['LeavePage']>('/leaves', { member, limit: 30, cursor });
export const waiting = (cursor = '') => read<S['LeavePage']>('/leaves', { state: 'pending', limit: 30, cursor });
export const ask = (leave: NewLeave) => change<Leave>('POST', '/leaves', leave);
export const withdraw = (id: string, reason: string) => change<Leave>('POST', `/leaves/${id}/withdrawal`, { reason });
export const decide = (id: string, approved: boolean, reason: string) =>
  change<Leave>('POST', `/leaves/${id}/decision`, { approved, reason });
