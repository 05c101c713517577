/** The caller: today, the month, devices, a copy of their data, its deletion, consent, subscriptions. */
import { change, download, read } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Today = S['TodayOfMine'];
export type Month = S['ExplainedMonth'];
export type Day = S['ExplainedDay'];
export type File = S['FileReply'];
export type Consent = S['ConsentReply'];
export type Deletion = S['DeletionReply'];
export type Subscription = S['SubscriptionReply'];
export type Device = S['SignInReply'];

export const today = () => read<Today>('/me/today');
export const me = () => read<S['MeReply']>('/me');
export const file = (month: string) => read<S['FileReply']>('/me/file', { month });
export const month = (of: string) => read<Month>('/me/month', { month: of });

export const consent = () => read<Consent>('/consents');
export const answerConsent = (version: string, agreed: boolean) =>
  change<Consent>('POST', '/consents', { version, agreed }, true);

export const devices = async () => (await read<S['SignInsReply']>('/me/sign-ins')).items;
export const endDevice = (id: string) => change<void>('DELETE', `/me/sign-ins/${id}`, undefined, true);

export const copyOfMine = () => download('/me/export');
export const deletion = () => read<Deletion>('/me/deletion');
export const askDeletion = () => change<Deletion>('POST', '/me/deletion', { understood: true }, true);
export const keepMine = () => change<void>('DELETE', '/me/deletion');

export const subscriptions = () => read<S['SubscriptionsReply']>('/me/subscriptions');
export const reportAnswers = (id: string, answers: S['AnswersBody']['answers']) =>
  change<S['SubscriptionsReply']>('POST', '/me/subscriptions', { id, answers }, true);
export const endEmployeeRelation = () => change<void>('DELETE', '/me/employee-relation', undefined, true);
