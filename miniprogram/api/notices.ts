/** 消息: the inbox and its switches. */
import { change, read } from './request';
import type { components } from './types';

type S = components['schemas'];
export type Notice = S['NoticeRow'];
export type Setting = S['SettingRow'];

export const inbox = (cursor = '') => read<S['NoticePage']>('/me/notices', { limit: 20, cursor });
export const markRead = (ids: string[]) => change<S['UnreadReply']>('POST', '/me/notices/read', { ids }, true);
export const markAllRead = (until: string) => change<S['UnreadReply']>('POST', '/me/notices/read', { until }, true);
export const settings = async () => (await read<S['SettingsReply']>('/me/notice-settings')).items;
export const set = async (wish: S['SettingWish']) =>
  (await change<S['SettingsReply']>('PUT', '/me/notice-settings', { items: [wish] }, true)).items;
