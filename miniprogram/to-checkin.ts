/** The way to a check-in, by consent where it is not given yet. */
import type { Today } from './api/me';
import { TODAY } from './api/session';

const today = () => wx.getStorageSync(TODAY) as Today | '';

/** Whether there is a station to be away from: who is posted nowhere has nothing to check in to. */
export const isPosted = (): boolean => !!(today() || null)?.posting;

export const checkin = (visit?: string): string => `/pages/checkin/checkin${visit === undefined ? '' : `?visit=${visit}`}`;

/** `visit`: to a company; the lead, or '' where it is not known yet. */
export function toCheckin(visit?: string): void {
  const agreed = (today() || null)?.consent_given;
  wx.navigateTo({ url: agreed ? checkin(visit) : `/pages/consent/consent?next=checkin${visit === undefined ? '' : `&visit=${visit}`}` });
}
