/** The open leads as they were last listed, so that without signal something can be written about one. */
import type { Row, Shown } from './api/leads';
import { LEADS } from './api/session';

type Known = Partial<Record<Shown, Row[]>>;

const load = (): Known => (wx.getStorageSync(LEADS) as Known | '') || {};

/** The first page of a list; one that lies in the pool is nobody's to write about. */
export function remember(shown: Shown, rows: Row[]): void {
  if (shown === 'pooled') return;
  try {
    wx.setStorageSync(LEADS, { ...load(), [shown]: rows });
  } catch {
    // A full phone keeps what is not sent yet; the list is read again.
  }
}

export const known = (shown: Shown): Row[] => load()[shown] ?? [];

/** The lead of this id, if it was in one of the lists. */
export const knownLead = (id: string): Row | undefined => [...known('mine'), ...known('squad')].find((row) => row.id === id);
