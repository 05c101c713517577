/** The way to a check-in, by consent where it is not given yet. */
import type { Today } from './api/me';
import { TODAY } from './api/session';

const today = () => wx.getStorageSync(TODAY) as Today | '';

/** Whether there is a station to be away from: who is posted nowhere has nothing to check in to. */
export const isPosted = (): boolean => !!(today() || null)?.posting;

/** What a check-in is for, by id. `visit`: to a company; the lead, or '' where it is not known yet. `spot`: it answers this
 * spot check. */
export interface Errand { visit?: string; spot?: string }

const queryOf = ({ visit, spot }: Errand): string =>
  [visit === undefined ? '' : `visit=${visit}`, spot ? `spot=${spot}` : ''].filter(Boolean).join('&');

export function checkin(errand: Errand): string {
  const query = queryOf(errand);
  return `/pages/checkin/checkin${query && `?${query}`}`;
}

export function consentFor(errand: Errand): string {
  const query = queryOf(errand);
  return `/pages/consent/consent?next=checkin${query && `&${query}`}`;
}

export function toCheckin(errand: Errand = {}): void {
  const known = today();
  const agreed = known ? known.consent_given : !!errand.spot; // opened by its message: the camera's ticket asks the server
  wx.navigateTo({ url: agreed ? checkin(errand) : consentFor(errand) });
}
