/** 投诉和建议: said by the member, answered by the bureau. */
import { change, read } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Complaint = S['ComplaintRow'];

export const mine = (cursor = '') => read<S['ComplaintPage']>('/me/complaints', { limit: 30, cursor });
/** Sent again with the same id it is the same complaint, so a lost answer costs nothing. */
export const complain = (body: S['ComplaintBody']) => change<Complaint>('POST', '/me/complaints', body, true);
