/** The open leads as they were last listed, so that without signal something can be written about one. */
import { list, type Row, type Shown } from './api/leads';
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

/** Read anew what one may write about. Never throws: what was known stays. */
export async function renew(): Promise<void> {
  for (const shown of ['mine', 'squad'] as const) await list(shown).then((page) => remember(shown, page.items)).catch(() => undefined);
}

export const known = (shown: Shown): Row[] => load()[shown] ?? [];

/** Those that one may be visiting: one's own before the squad's, the latest moved first. */
export function visitable(): { id: string; name: string }[] {
  const rows = [...known('mine'), ...known('squad')].filter((row) => row.company.state === 'yours');
  return [...new Map(rows.map((row) => [row.id, { id: row.id, name: row.company.name }])).values()];
}

/** The lead of this id, if it was in one of the lists. */
export const knownLead = (id: string): Row | undefined => [...known('mine'), ...known('squad')].find((row) => row.id === id);
