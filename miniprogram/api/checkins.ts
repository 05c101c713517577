/** 打卡: tickets, the one upload, what became of a check-in, appeals, and the bureau's reviews. */
import { change, download, read, upload } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Ticket = S['TicketReply'];
export type Submitted = S['SubmittedReply'];
export type CheckIn = S['CheckInReply'];
export type CheckInRow = S['CheckInRow'];
export type Place = S['PlaceReply'];
export type Finding = S['FindingReply'];
export type OpenAppeal = S['OpenAppeal'];

export const ticket = () => change<Ticket>('POST', '/checkins/tickets');
export const submit = (photo: string, form: Record<string, string>) =>
  upload<Submitted>('/checkins', photo, 'photo', form);
export const checkin = (id: string) => read<CheckIn>(`/checkins/${id}`);
export const appeal = (id: string, statement: string) => change<S['AppealReply']>('POST', `/checkins/${id}/appeals`, { statement });

export const waiting = (cursor = '') => read<S['CheckInPage']>('/reviews/waiting', { limit: 20, cursor });
export const ofMember = (member: string, from: string) => read<S['CheckInPage']>('/checkins', { member, from, limit: 100 });
export const review = (id: string, ruling: S['ReviewBody']) => change<S['ReviewedReply']>('POST', `/checkins/${id}/reviews`, ruling);
export const undo = (id: string, review: string) => change<S['UndoneReply']>('DELETE', `/checkins/${id}/reviews/${review}`);
export const comment = (id: string, text: string) => change<S['CommentReply']>('POST', `/checkins/${id}/comments`, { text });
export const appeals = () => read<S['AppealPage']>('/appeals', { limit: 50 });
export const decideAppeal = (id: string, upheld: boolean, answer: string) => change<S['AppealReply']>('POST', `/appeals/${id}/decision`, { upheld, answer });
/** A photo by its short-lived link, as a file that <image> opens; fetched here so that a failure has a sentence. */
export const photo = (link: string) => download(link);
